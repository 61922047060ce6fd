//! Each trusted source has its own event ids.
#![allow(missing_docs)]

mod support;

use axum::{body::Body, http::Request};
use natero_collector::model::keys::NewSource;
use serde_json::{Value, json};
use support::*;

/// The path of a new source.
fn source(collector: &Collector, trusted: bool) -> String {
    collector.new_source(&NewSource {
        trusted,
        ..NewSource::default()
    })
}

async fn send(collector: &Collector, path: &str, events: &[Value]) -> Value {
    let request = Request::post(path)
        .body(Body::from(ndjson(events)))
        .unwrap();
    let answer = collector.ask(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn orders(account: &str) -> Vec<Value> {
    (0..5)
        .map(|no| {
            feature(
                account,
                &format!("shop of {account}"),
                "order",
                format!("order-{no}"),
            )
        })
        .collect()
}

async fn uses(collector: &Collector, account: &str) -> Value {
    let path = format!("/api/v2/accounts/{account}/usage");
    collector.get(&path).await["totals"]["features"].clone()
}

#[tokio::test]
async fn a_public_key_cannot_claim_the_ids_of_a_server() {
    let collector = Collector::new();
    let (server, other_server) = (source(&collector, true), source(&collector, true));
    let public = collector.events_path();
    assert_eq!(
        send(&collector, &public, &orders("evil")).await["accepted"],
        5
    );
    let asked = format!("{server}?asked=order-0,order-1,order-9");
    let first = send(&collector, &asked, &orders("acme")).await;
    assert_eq!(
        (&first["accepted"], &first["lacking"]),
        (&json!(5), &json!("order-9"))
    );
    assert_eq!(uses(&collector, "acme").await, 5);
    // Each of them recognises its own events, even after a restart and a rebuild.
    let collector = collector.restarted();
    collector.place.rebuild();
    for (path, account) in [
        (&server, "acme"),
        (&other_server, "acme"),
        (&public, "evil"),
    ] {
        let again = send(&collector, path, &orders(account)).await;
        assert_eq!(
            (&again["accepted"], &again["duplicates"]),
            (&json!(0), &json!(5))
        );
    }
    let asked = format!("{other_server}?asked=order-0");
    assert_eq!(send(&collector, &asked, &[]).await["lacking"], "order-0");
    assert_eq!(uses(&collector, "acme").await, 5);
}

#[tokio::test]
async fn batches_of_a_server_in_quick_succession_have_their_own_ids_too() {
    let collector = Collector::new();
    let server = source(&collector, true);
    let public = collector.events_path();
    // Enough batches at the same time for them to wait in the inbox.
    for round in 0..2 {
        for no in 0..80 {
            let event = |account: &str| feature(account, account, "order", format!("order-{no}"));
            for (path, account) in [(&public, "evil"), (&server, "acme")] {
                let receipt = send(&collector, path, &[event(account)]).await;
                assert_eq!(receipt["accepted"], 1 - round, "{no} of {account}");
            }
        }
    }
    assert_eq!(uses(&collector, "acme").await, 80);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 160);
}

#[tokio::test]
async fn an_erasure_frees_the_ids_of_its_own_events_alone() {
    let collector = Collector::new();
    let server = source(&collector, true);
    send(&collector, &collector.events_path(), &orders("evil")).await;
    send(
        &collector,
        &server,
        &[feature("acme", "ann", "order", "order-0")],
    )
    .await;
    collector
        .change("DELETE", "/api/v2/accounts/evil?erase=true", None)
        .await;
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 1);
    let again = [feature("acme", "ann", "order", "order-0")];
    assert_eq!(send(&collector, &server, &again).await["duplicates"], 1);
}
