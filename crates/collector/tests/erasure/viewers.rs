//! Viewer keys that are limited to an account which is erased.

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{collector, company::event, support::*};

/// The status with which a viewer key is answered that asks about an account.
async fn asking(collector: &Collector, key: &str, account: &str) -> u16 {
    let path = format!("/api/v2/accounts/{account}/usage?api_key={key}");
    let request = Request::get(path).body(Body::empty()).unwrap();
    collector.ask(request).await.status.as_u16()
}

fn living(collector: &Collector) -> i64 {
    collector
        .count("SELECT COUNT(*) FROM account_keys WHERE name = 'viewer' AND revoked_at IS NULL")
}

/// Erases something, and then has a page name an account again.
async fn erase_and_name_again(collector: &Collector, path: &str, account: &str) -> Value {
    let answer = collector.call("DELETE", path, None).await.json();
    let again = with(
        event(account, "somebody", "again", 0),
        json!({"created_at": natero_collector::clock::now_ms() + HOUR}),
    );
    let receipt = collector.post(ndjson(&[again])).await.json();
    assert_eq!(receipt["accepted"], 1, "{receipt}");
    answer["erased"].clone()
}

#[tokio::test]
async fn a_viewer_key_within_an_erased_account_stays_revoked_when_somebody_names_the_id() {
    let collector = collector().await;
    collector.send(vec![event("acme", "ann", "a", 0)]).await;
    let keys =
        [Some("acme"), Some("acme"), Some("top"), None].map(|within| collector.viewer_key(within));
    let erased = erase_and_name_again(&collector, "/api/v2/accounts/acme?erase=true", "acme").await;
    assert_eq!(
        erased,
        json!({"events": 1, "users": 1, "accounts": 1, "keys_revoked": 2})
    );
    for (key, status) in keys.iter().zip([401, 401, 404, 200]) {
        assert_eq!(asking(&collector, key, "acme").await, status);
    }
    assert_eq!(asking(&collector, &keys[2], "top").await, 200);
    assert_eq!(living(&collector), 2);
    assert_eq!(
        collector.count("SELECT COUNT(*) FROM account_keys WHERE within_account = 'acme'"),
        0,
        "the erased id is forgotten"
    );
}

#[tokio::test]
async fn a_viewer_key_within_an_account_that_forged_events_invented_goes_with_them() {
    let collector = collector().await;
    collector
        .send(vec![event("invented", "eve", "bad", 0)])
        .await;
    let key = collector.viewer_key(Some("invented"));
    assert_eq!(asking(&collector, &key, "invented").await, 200);
    let erased = erase_and_name_again(&collector, "/api/v2/streams/bad", "invented").await;
    assert_eq!(
        erased,
        json!({"events": 1, "users": 1, "accounts": 1, "keys_revoked": 1})
    );
    assert_eq!(asking(&collector, &key, "invented").await, 401);
    assert_eq!(living(&collector), 0);
}

#[tokio::test]
async fn a_viewer_key_outlives_an_account_that_is_only_deactivated() {
    let collector = collector().await;
    let key = collector.viewer_key(Some("acme"));
    collector
        .change("DELETE", "/api/v2/accounts/acme", None)
        .await;
    assert_eq!(asking(&collector, &key, "acme").await, 200);
}
