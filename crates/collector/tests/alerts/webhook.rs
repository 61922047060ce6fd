//! Messages to the webhook receiver.

use std::net::TcpListener;

use base64::{Engine, engine::general_purpose::STANDARD};
use natero_collector::{
    clock::now_ms,
    http::alerting,
    model::webhook::{MAX_ATTEMPTS, WebhookSecret},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    receiver::{Receiver, Reply},
    support::*,
};

/// The precision of the latest use of an account, in ms.
const QUARTER: i64 = 15 * 60_000;

/// Sends what is due at `now`, and returns when the next message is due.
async fn deliver_due(collector: &Collector, now: i64) -> Option<i64> {
    deliver(collector, now).await.unwrap()
}

/// The same in the background.
fn deliver(collector: &Collector, now: i64) -> JoinHandle<Option<i64>> {
    let app = collector.app.clone();
    let delivered = async move { alerting::deliver_due(&app, now).await.unwrap() };
    collector.place.spawn(delivered)
}

/// Sets the receiver, and returns the secret for checking signatures.
async fn set(collector: &Collector, url: &str) -> WebhookSecret {
    let answer = collector
        .call("PUT", "/api/v2/webhook", Some(json!({ "url": url })))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let secret = answer.json()["secret"].as_str().unwrap().to_owned();
    let bytes = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    WebhookSecret::from_bytes(bytes)
}

/// Creates accounts that were in use ten days ago, and a rule that matches them.
async fn silent(collector: &Collector, accounts: usize) {
    let events = (0..accounts).map(|at| {
        let event = feature(&format!("a{at}"), &format!("u{at}"), "f", at);
        with(event, json!({"created_at": now_ms() - 10 * DAY}))
    });
    collector.send(events.collect()).await;
    let rule = json!({"name": "Quiet", "when": "silent", "days": 7});
    let answer = collector
        .call("POST", "/api/v2/alert_rules", Some(rule))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn delivery_state(collector: &Collector) -> Value {
    collector.get("/api/v2/webhook").await["messages"].clone()
}

#[tokio::test]
async fn a_message_is_signed_and_names_the_rule_and_what_it_hits() {
    let collector = Collector::new();
    let receiver = Receiver::with(&[Reply::Status(200)]);
    let secret = set(&collector, &receiver.url).await;
    silent(&collector, 2).await;
    let now = now_ms();
    assert_eq!(deliver_due(&collector, now).await, None);
    let [message] = receiver.received().try_into().unwrap();
    assert_eq!(message.path, "/hook?token=sesame");
    assert_eq!(message.header("content-type"), "application/json");
    let seconds: i64 = message.header("webhook-timestamp").parse().unwrap();
    assert_eq!(seconds, now / 1000);
    let id = message.header("webhook-id");
    assert!(id.starts_with("msg_"), "{id}");
    assert_eq!(
        message.header("webhook-signature"),
        secret.sign(id, seconds, &message.body)
    );
    let body = message.json();
    assert_eq!(body["type"], "alerts.began");
    assert_eq!(body["rule"]["name"], "Quiet");
    assert_eq!(body["rule"]["days"], 7);
    assert_eq!(body["alerts"][0]["account_id"], "a0");
    assert_eq!(body["alerts"].as_array().unwrap().len(), 2);
    let last_seen = body["alerts"][1]["last_seen"].as_i64().unwrap();
    let ago = now - last_seen - 10 * DAY;
    assert!((0..2 * QUARTER).contains(&ago), "{body}");
    // An alert that stays active is reported only once.
    collector.change("POST", "/api/v2/alerts/check", None).await;
    assert_eq!(deliver_due(&collector, now + DAY).await, None);
    assert_eq!(delivery_state(&collector).await["delivered"], 1);
}

#[tokio::test]
async fn a_message_that_fails_is_sent_again_with_growing_pauses_also_after_a_restart() {
    let collector = Collector::new();
    let receiver = Receiver::with(&[
        Reply::Status(500),
        Reply::Close,
        Reply::Redirect,
        Reply::Status(200),
    ]);
    let secret = set(&collector, &receiver.url).await;
    silent(&collector, 1).await;
    let mut now = now_ms();
    let mut pauses = Vec::new();
    let mut collector = collector;
    while let Some(next) = deliver_due(&collector, now).await {
        pauses.push(next - now);
        let state = delivery_state(&collector).await;
        assert_eq!(state["waiting"], 1, "{state}");
        assert!(state["last_error"].is_string(), "{state}");
        // Nothing is sent before its time.
        let sent = receiver.received().len();
        assert_eq!(deliver_due(&collector, next - 1).await, Some(next));
        assert_eq!((sent, receiver.received().len()), (1, 0));
        collector = collector.restarted();
        now = next;
    }
    assert_eq!(pauses, [10_000, 30_000, 90_000]);
    let [last] = receiver.received().try_into().unwrap();
    let seconds = last.header("webhook-timestamp").parse().unwrap();
    assert_eq!(seconds, now / 1000);
    assert_eq!(
        last.header("webhook-signature"),
        secret.sign(last.header("webhook-id"), seconds, &last.body)
    );
    assert_eq!(
        delivery_state(&collector).await,
        json!({"waiting": 0, "delivered": 1, "given_up": 0, "last_error": null})
    );
}

#[tokio::test]
async fn every_attempt_has_the_same_id_and_a_redirect_is_not_followed() {
    let collector = Collector::new();
    let receiver = Receiver::with(&[Reply::Redirect, Reply::Status(204)]);
    set(&collector, &receiver.url).await;
    silent(&collector, 1).await;
    let now = now_ms();
    let next = deliver_due(&collector, now).await.unwrap();
    assert!(
        delivery_state(&collector).await["last_error"]
            .as_str()
            .unwrap()
            .contains("307")
    );
    deliver_due(&collector, next).await;
    let received = receiver.received();
    let ids: Vec<_> = received.iter().map(|of| of.header("webhook-id")).collect();
    assert_eq!(ids[0], ids[1]);
    let paths: Vec<_> = received.iter().map(|of| of.path.as_str()).collect();
    assert_eq!(paths, ["/hook?token=sesame"; 2]);
}

#[tokio::test]
async fn a_receiver_that_is_never_there_is_given_up_after_days() {
    let collector = Collector::new();
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    set(&collector, &format!("http://{nobody}/")).await;
    silent(&collector, 1).await;
    let mut now = now_ms();
    let mut attempts = 1;
    while let Some(next) = deliver_due(&collector, now).await {
        now = next;
        attempts += 1;
    }
    assert_eq!(attempts, MAX_ATTEMPTS);
    let state = delivery_state(&collector).await;
    assert_eq!(state["given_up"], 1, "{state}");
    assert_eq!(state["last_error"], "no connection to the host");
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_nothing_else() {
    let collector = Collector::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    set(
        &collector,
        &format!("http://{}/", listener.local_addr().unwrap()),
    )
    .await;
    silent(&collector, 1).await;
    let delivering = deliver(&collector, now_ms());
    // The message is being sent, and nobody answers it.
    let (stream, _) = tokio::task::spawn_blocking(move || listener.accept().unwrap())
        .await
        .unwrap();
    for at in 0..20 {
        collector
            .send(vec![feature("b", "u", "f", format!("while {at}"))])
            .await;
    }
    let answer = collector.call("POST", "/api/v2/alerts/check", None).await;
    assert_eq!(answer.status, 200);
    assert!(!delivering.is_finished());
    drop(stream);
    assert!(delivering.await.unwrap().is_some());
}

#[tokio::test]
async fn many_alerts_come_in_several_messages() {
    let collector = Collector::new();
    let receiver = Receiver::with(&[Reply::Status(200); 3]);
    set(&collector, &receiver.url).await;
    silent(&collector, 250).await;
    assert_eq!(deliver_due(&collector, now_ms()).await, None);
    let counts: Vec<_> = receiver
        .received()
        .iter()
        .map(|message| message.json()["alerts"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 250);
    assert!(counts.iter().all(|count| *count <= 100), "{counts:?}");
}

#[tokio::test]
async fn what_is_erased_before_a_message_arrives_is_not_in_it() {
    let collector = Collector::new();
    let receiver = Receiver::with(&[Reply::Status(500), Reply::Status(200)]);
    set(&collector, &receiver.url).await;
    silent(&collector, 2).await;
    let next = deliver_due(&collector, now_ms()).await.unwrap();
    collector
        .change("DELETE", "/api/v2/accounts/a0?erase=true", None)
        .await;
    deliver_due(&collector, next).await;
    let received = receiver.received();
    assert!(received[0].body.contains("\"a0\""));
    assert!(!received[1].body.contains("\"a0\"") && received[1].body.contains("\"a1\""));
}

#[tokio::test]
async fn messages_go_nowhere_without_a_receiver() {
    let collector = Collector::new();
    assert_eq!(
        collector.call("GET", "/api/v2/webhook", None).await.status,
        404
    );
    silent(&collector, 1).await;
    assert_eq!(deliver_due(&collector, now_ms()).await, None);
    assert_eq!(collector.count("SELECT COUNT(*) FROM alert_messages"), 0);
    let receiver = Receiver::with(&[]);
    set(&collector, &receiver.url).await;
    assert_eq!(
        collector
            .call("DELETE", "/api/v2/webhook", None)
            .await
            .status,
        200
    );
    assert_eq!(
        collector
            .call("DELETE", "/api/v2/webhook", None)
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn only_an_account_key_sets_a_receiver_or_a_rule() {
    let collector = Collector::new();
    let viewer = collector.viewer_key(None);
    let keys = [
        &viewer,
        &collector.source.auth_key,
        &collector.source.api_key,
    ];
    for key in keys {
        for (method, path) in [
            ("PUT", "webhook"),
            ("GET", "webhook"),
            ("DELETE", "webhook"),
            ("POST", "alert_rules"),
            ("GET", "alert_rules"),
            ("POST", "alerts/check"),
            ("GET", "alerts"),
        ] {
            let request = axum::http::Request::builder()
                .method(method)
                .uri(format!("/api/v2/{path}?api_key={key}"))
                .header("content-type", "application/json")
                .body(axum::body::Body::from(r#"{"url":"https://x.example"}"#))
                .unwrap();
            let status = if *key == viewer { 403 } else { 401 };
            assert_eq!(
                collector.ask(request).await.status,
                status,
                "{method} {path}"
            );
        }
    }
    let event = with(
        feature("a", "u", "f", 1),
        json!({"action": "identifyAccount", "details": {"webhook": "https://x.example", "url": "https://x.example"}}),
    );
    collector.send(vec![event]).await;
    assert_eq!(collector.count("SELECT COUNT(*) FROM webhook"), 0);
    for url in [
        json!("ftp://x"),
        json!("https://u:p@x.example"),
        json!(7),
        json!(null),
    ] {
        let answer = collector
            .call("PUT", "/api/v2/webhook", Some(json!({ "url": url })))
            .await;
        assert_eq!(answer.status, 422, "{url}");
        assert!(answer.error().contains("https://"));
    }
    let url = json!({"url": "http://127.0.0.1:99999/"});
    let answer = collector.call("PUT", "/api/v2/webhook", Some(url)).await;
    assert_eq!(answer.status, 422);
    assert!(answer.error().contains("from 1 to 65535"));
    assert_eq!(collector.count("SELECT COUNT(*) FROM webhook"), 0);
}

#[tokio::test]
async fn a_stored_address_with_an_impossible_port_can_be_seen_and_replaced() {
    let collector = Collector::new();
    set(&collector, "https://x.example/").await;
    collector
        .place
        .execute("UPDATE webhook SET url = 'https://x.example:99999/'");
    let shown = collector.get("/api/v2/webhook").await;
    assert_eq!(shown["url"], "https://x.example:99999/", "{shown}");
    set(&collector, "https://x.example/").await;
}

#[tokio::test]
async fn a_message_that_failed_while_the_clock_was_ahead_is_sent_once_it_is_right() {
    let collector = Collector::new();
    let receiver = Receiver::with(&[Reply::Status(500), Reply::Status(200)]);
    set(&collector, &receiver.url).await;
    silent(&collector, 1).await;
    let now = now_ms();
    let ahead = now + 400 * DAY;
    assert_eq!(deliver_due(&collector, ahead).await, Some(ahead + 10_000));
    assert_eq!(deliver_due(&collector, now).await, None);
    assert_eq!(delivery_state(&collector).await["delivered"], 1);
}
