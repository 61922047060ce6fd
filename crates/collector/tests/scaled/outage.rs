//! What clients and people see while a server is down or refuses connections.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use natero_collector::store::{operations::AlertOperations, scaled::ScaledStore};
use serde_json::{Value, json};

use crate::{own, pair::Pair, rendered::Dashboard, servers, support::databases::Addresses};

/// Sends a request to the Account API.
async fn call(
    dashboard: &Dashboard,
    key: &str,
    (method, path): (&str, &str),
    body: &Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("{path}?api_key={key}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let (status, text) = dashboard.ask(request).await;
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn while_clickhouse_is_away_rules_are_stored_and_readers_are_told_to_ask_again() {
    let (Some(mut addresses), Some(mut node)) = (servers::databases(), own::clickhouse()) else {
        return;
    };
    addresses.clickhouse = own::shard(std::slice::from_ref(&node));
    let pair = Pair::on(addresses).await.unwrap();
    let key = &pair.account_key;
    let dashboard = Dashboard::of(Arc::clone(&pair.scaled) as _, key).await;
    node.kill().unwrap();

    let rules = "/api/v2/alert_rules";
    let rule = json!({"name": "Quiet", "when": "silent", "days": 7});
    let (status, told) = call(&dashboard, key, ("POST", rules), &rule).await;
    assert_eq!(
        (status.as_u16(), &told["checked_at"]),
        (200, &Value::Null),
        "{told}"
    );
    let (status, _) = call(&dashboard, key, ("POST", rules), &rule).await;
    assert_eq!(status, 409, "it is stored");
    let path = format!("{rules}/{}", told["id"]);
    let changed = json!({"name": "Quiet", "when": "silent", "days": 9});
    let (status, told) = call(&dashboard, key, ("PUT", &path), &changed).await;
    assert_eq!((status.as_u16(), &told["days"]), (200, &json!(9)), "{told}");
    let id = told["id"].as_i64().unwrap();
    // The next check of due rules catches up.
    let due = || async { pair.scaled.due_alert_rules(0).await.unwrap() };
    assert_eq!(due().await, [id]);

    let (status, told) = call(
        &dashboard,
        key,
        ("POST", "/api/v2/alerts/check"),
        &json!({}),
    )
    .await;
    let error = told["error"].as_str().unwrap();
    assert_eq!(status, 503);
    assert!(
        error.contains("ask again after the seconds in Retry-After"),
        "{error}"
    );
    let (status, page) = dashboard.text("/").await;
    assert_eq!(status, 503);
    assert!(page.contains("ask again in 5 seconds"), "{page}");
    for told in [error, &page] {
        assert!(!told.contains("commit"), "{told}");
    }
}

/// The error when a store is opened.
async fn refusal(postgres: &str, clickhouse: &[String]) -> String {
    let opened = ScaledStore::open(postgres, clickhouse, Arc::default()).await;
    opened
        .err()
        .map(|cause| cause.to_string())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_lets_nobody_in_is_named_by_its_flag_without_a_password() {
    let Some(addresses) = servers::databases() else {
        return;
    };
    let Addresses {
        postgres,
        clickhouse,
        ..
    } = &addresses;
    drop(
        ScaledStore::open(postgres, clickhouse, Arc::default())
            .await
            .unwrap(),
    );
    let stranger = |address: &str| {
        let (scheme, rest) = address.split_once("://").unwrap();
        let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        format!("{scheme}://nobody:s3cret@{host}")
    };
    let told = refusal(&stranger(postgres), clickhouse).await;
    assert!(told.starts_with("--store: PostgreSQL: "), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    let strangers: Vec<String> = clickhouse.iter().map(|node| stranger(node)).collect();
    let told = refusal(postgres, &strangers).await;
    assert!(told.starts_with("--clickhouse: ClickHouse at "), "{told}");
    assert!(told.contains("lets nobody in"), "{told}");
    assert!(!told.contains("s3cret"), "{told}");
}
