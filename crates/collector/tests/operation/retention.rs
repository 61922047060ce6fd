//! Retention by month: what is deleted at once, and which events stay known.

use natero_collector::clock::now_ms;
use serde_json::{Value, json};

use crate::support::*;

/// 1 January 2024.
const JANUARY: i64 = 1_704_067_200_000;

fn at(created_at: i64, tag: impl ToString) -> Value {
    with(
        feature("acme", "ann", "export", tag),
        json!({"created_at": created_at}),
    )
}

#[tokio::test]
async fn an_event_of_a_dropped_month_that_comes_late_is_dropped_in_its_turn() {
    let collector = Collector::new();
    collector.send(vec![at(NOW, 1), at(JANUARY, 2)]).await;
    collector.prune(JANUARY).await;
    collector.send(vec![at(NOW + 1, 3)]).await;
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 2);
    collector.prune(JANUARY).await;
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 1);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(usage["totals"]["events"], 3);
}

#[tokio::test]
async fn an_event_that_was_old_when_it_came_counts_once_however_often_it_is_sent() {
    let collector = Collector::new();
    let old = with(at(now_ms() - 700 * DAY, "old"), json!({"total": 3}));
    for _ in 0..3 {
        let receipt = collector.post(ndjson(std::slice::from_ref(&old))).await;
        assert_eq!(receipt.status, 200);
        collector.prune(now_ms() - 400 * DAY).await;
        let usage = collector.get("/api/v2/accounts/acme/usage").await;
        assert_eq!(usage["totals"]["features"], 3);
    }
}

#[tokio::test]
async fn of_the_month_of_the_limit_only_what_is_older_goes() {
    let collector = Collector::new();
    let events = (0..48).map(|no| at(JANUARY + no * HOUR, no)).collect();
    collector.send(events).await;
    collector.prune(JANUARY + DAY).await;
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 24);
    let oldest = collector.count("SELECT MIN(created_at) FROM events");
    assert_eq!(oldest, JANUARY + DAY);
}

#[tokio::test]
async fn old_events_go_and_their_figures_stay() {
    let collector = Collector::new();
    let old = now_ms() - 500 * DAY;
    let at = |no: i64| {
        with(
            feature("acme", "ann", "export", no),
            json!({"created_at": old + no * HOUR}),
        )
    };
    collector.send((0..48).map(at).collect()).await;
    collector
        .send(vec![feature("acme", "bob", "share", "fresh")])
        .await;
    let path = "/api/v2/accounts/acme/usage?by=feature";
    let before = collector.get(path).await;
    let span = format!(
        "/api/v2/accounts/acme/usage?from={}&to={}",
        old + 90 * 60_000,
        old + 10 * HOUR
    );
    let exact = collector.get(&span).await;

    collector.prune(old + 40 * HOUR).await;
    let kept = collector.count("SELECT COUNT(*) FROM events");
    assert!((8..=10).contains(&kept), "{kept}");
    assert_eq!(collector.get(path).await, before);
    let rounded = collector.get(&span).await;
    let difference =
        exact["totals"]["events"].as_i64().unwrap() - rounded["totals"]["events"].as_i64().unwrap();
    assert!(
        difference.abs() <= 1,
        "a span is cut at quarters of an hour now"
    );

    // Figures whose events were deleted do not count as wrong.
    collector.check_figures().await;
    collector.place.rebuild();
    assert_eq!(collector.get(path).await, before);
}
