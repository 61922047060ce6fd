//! Whether a collector reports that it cannot take batches.

use natero_collector::clock::now_ms;
use serde_json::json;

use crate::{open, support::*};

async fn ready(collector: &Collector) -> u16 {
    open(collector, "/readyz").await.status.as_u16()
}

#[tokio::test]
async fn asking_for_readiness_leaves_nothing_behind() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let counts = || {
        ["sources", "accounts", "users", "events", "streams"]
            .map(|table| collector.count(&format!("SELECT COUNT(*) FROM {table}")))
    };
    let before = counts();
    for _ in 0..50 {
        assert_eq!(ready(&collector).await, 200);
    }
    assert_eq!(counts(), before);
}

#[tokio::test]
async fn while_the_clock_stands_before_the_newest_event_batches_are_answered_503() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let received = |collector: &Collector, at: i64| {
        let sql = format!("UPDATE events SET received_at = {at}");
        collector.place.execute(&sql);
    };
    // For a clock that is two days behind, a new event lies in the future.
    let fresh = with(
        feature("acme", "ann", "export", 2),
        json!({"created_at": now_ms() + 2 * DAY}),
    );
    received(&collector, now_ms() + 2 * DAY);
    let behind = collector.restarted();
    let answer = behind.post(ndjson(&[fresh])).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.headers.contains_key("retry-after"));
    assert!(answer.text.contains("clock"), "{}", answer.text);
    assert_eq!(ready(&behind).await, 503);

    let again = || feature("acme", "ann", "export", 3).to_string();
    let trusted = behind.restarted_with(&["--trust-clock"]);
    assert_eq!(trusted.post(again()).await.status, 200);
    assert_eq!(ready(&trusted).await, 200);
    let right = trusted.restarted();
    assert_eq!(ready(&right).await, 200, "the newest is of the right clock");

    received(&right, now_ms() + 20_000);
    let stepped = right.restarted();
    assert_eq!(stepped.post(again()).await.status, 200, "a small step");
}
