//! Requests of other clients, reproduced byte for byte.
#![allow(missing_docs)]

mod support;

use serde_json::{Value, json};
use support::{
    Place,
    running::{Running, json_of, natero},
};

const REQUESTS: [(&str, &str, u64); 7] = [
    (
        "curl with a file of lines",
        include_str!("requests/curl-data-binary.http"),
        2,
    ),
    (
        "curl that waits for 100 Continue",
        include_str!("requests/curl-expect-continue.http"),
        1,
    ),
    (
        "Ruby, one event",
        include_str!("requests/ruby-one-event.http"),
        1,
    ),
    (
        "Ruby, lines that end in CRLF",
        include_str!("requests/ruby-crlf-batch.http"),
        3,
    ),
    (
        "Java, without a session",
        include_str!("requests/java-server-metric.http"),
        1,
    ),
    (
        "Java, in chunks",
        include_str!("requests/java-chunked.http"),
        1,
    ),
    ("a beacon", include_str!("requests/browser-beacon.http"), 1),
];

#[test]
fn other_clients_are_understood_and_may_repeat_what_they_sent() {
    let place = Place::new();
    let running = Running::start(&place);
    let source = json_of(natero(&place, &["keys", "create", "source", "--json"]));
    let account = json_of(natero(&place, &["keys", "create", "account", "--json"]));
    let send = |request: &str| {
        let request = request
            .replace("AUTH_KEY", source["auth_key"].as_str().unwrap())
            .replace("API_KEY", source["api_key"].as_str().unwrap());
        let (mut status, mut body) = (100, String::new());
        let mut client = running.client();
        let mut sent = request.as_str();
        // An interim answer (100) comes before the final one.
        while status == 100 {
            (status, body) = client.raw(sent).unwrap();
            sent = "";
        }
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()
    };
    for (client, request, events) in REQUESTS {
        let receipt = send(request);
        assert_eq!(receipt["accepted"], events, "{client}: {receipt}");
        assert_eq!(receipt["rejected"], json!([]), "{client}");
        let again = send(request);
        assert_eq!(
            (&again["accepted"], &again["duplicates"]),
            (&json!(0), &json!(events)),
            "{client}"
        );
    }

    let key = account["account_key"].as_str().unwrap();
    let ask = |path: &str| {
        let (status, body) = running.request(&format!("GET {path}?api_key={key}"), "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()
    };
    // With the slash that the Ruby client puts before the query.
    assert_eq!(ask("/api/v2/accounts/1044/")["name"], "Initech");
    let usage = ask("/api/v2/accounts/1044/usage");
    assert_eq!(
        usage["totals"],
        json!({"events": 4, "features": 3, "module_time": 4200, "active_time": 60_000, "sessions": 1, "users": 1})
    );
    let java = ask("/api/v2/accounts/globex/usage");
    assert_eq!(
        (&java["totals"]["features"], &java["totals"]["sessions"]),
        (&json!(18), &json!(1))
    );
    running.terminate();
}
