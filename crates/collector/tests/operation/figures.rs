//! Metrics of a collector, and figures about what arrives.

use serde_json::json;

use crate::{open, support::*};

#[tokio::test]
async fn figures_tell_of_events_and_requests_and_never_of_keys() {
    let collector = Collector::new();
    let events = [
        feature("acme", "ann", "export", "1"),
        feature("beta", "ann", "export", "2"),
    ];
    collector.post(format!("{}{{}}\n", ndjson(&events))).await;
    collector.post(ndjson(&events)).await;
    collector.get("/api/v2/accounts/acme/usage").await;
    let text = open(&collector, "/metrics").await.text;
    for line in [
        "natero_events_total{outcome=\"accepted\"} 1",
        "natero_events_total{outcome=\"set_aside\"} 1",
        "natero_events_total{outcome=\"duplicate\"} 2",
        "natero_events_total{outcome=\"rejected\"} 1",
        "natero_requests_total{route=\"/v1/{auth_key}/{api_key}\",method=\"POST\",status=\"200\"} 2",
        // Refused lines are counted in the same commit as their batch.
        "natero_commit_duration_seconds_count 2",
        "natero_database_size_bytes ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for secret in [
        &collector.source.api_key,
        &collector.source.auth_key,
        &collector.account_key,
    ] {
        assert!(!text.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn the_latest_events_can_be_followed() {
    let collector = Collector::new();
    collector
        .send(vec![
            feature("acme", "ann", "export", 1),
            feature("beta", "bob", "share", 2),
        ])
        .await;
    let first = collector.get("/api/v2/events").await;
    assert_eq!(first["records"][0]["account_id"], "beta", "newest first");
    assert_eq!(first["records"].as_array().unwrap().len(), 2);
    let path = format!("/api/v2/events?after={}", first["last"]);
    assert_eq!(
        collector.get(&path).await,
        json!({"records": [], "last": first["last"]})
    );
    collector
        .send(vec![feature("acme", "ann", "more", 3)])
        .await;
    let next = collector.get(&path).await;
    assert_eq!(next["records"][0]["feature"], "more");
    let of_account = collector
        .get("/api/v2/events?account_id=acme&limit=1")
        .await;
    assert_eq!(of_account["records"].as_array().unwrap().len(), 1);
    // An account without an event is known all the same.
    let body = json!({"name": "New"});
    collector
        .change("PUT", "/api/v2/accounts/new", Some(body))
        .await;
    for (account, status) in [("new", 200), ("nobody", 404)] {
        let path = format!("/api/v2/events?account_id={account}");
        assert_eq!(collector.call("GET", &path, None).await.status, status);
    }
}
