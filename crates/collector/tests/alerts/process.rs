//! Alerts of a collector that runs as a process.

use natero_collector::clock::now_ms;
use serde_json::{Value, json};

use crate::{
    receiver::{Receiver, Reply},
    running::{Running, json_of, natero},
    support::{DAY, Place, feature, with},
};

#[test]
fn a_running_collector_tells_a_receiver_at_once_and_logs_none_of_its_secrets() {
    let place = Place::new();
    let running = Running::start(&place);
    let source = json_of(natero(&place, &["keys", "create", "source", "--json"]));
    let account = json_of(natero(&place, &["keys", "create", "account", "--json"]));
    let text = |of: &Value, name: &str| of[name].as_str().unwrap().to_owned();
    let key = text(&account, "account_key");
    let ask = |method: &str, path: &str, body: Value| {
        let head = format!("{method} /api/v2/{path}?api_key={key}");
        let (status, body) = running.request(&head, &body.to_string());
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()
    };
    let event = with(
        feature("acme", "ann", "f", 1),
        json!({"created_at": now_ms() - 9 * DAY}),
    );
    let target = format!(
        "POST /v1/{}/{}",
        text(&source, "auth_key"),
        text(&source, "api_key")
    );
    assert_eq!(running.request(&target, &event.to_string()).0, 200);

    let receiver = Receiver::with(&[Reply::Status(500)]);
    let secret = text(
        &ask("PUT", "webhook", json!({ "url": receiver.url })),
        "secret",
    );
    ask(
        "POST",
        "alert_rules",
        json!({"name": "Quiet", "when": "silent", "days": 7}),
    );
    let message = receiver.next();
    assert_eq!(message.json()["alerts"][0]["account_id"], "acme");
    // The outcome is stored after it is logged.
    while ask("GET", "webhook", json!(null))["messages"]["last_error"].is_null() {
        std::thread::yield_now();
    }

    let log = running.terminate();
    assert!(log.contains("alerts did not arrive"), "{log}");
    let signature = message
        .header("webhook-signature")
        .trim_start_matches("v1,");
    for secret in [
        "sesame",
        &secret,
        secret.trim_start_matches("whsec_"),
        signature,
    ] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
