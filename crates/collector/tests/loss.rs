//! What the collector can tell of events that never came.
#![allow(missing_docs)]

mod support;

use serde_json::{Value, json};
use support::*;

fn numbered(stream: &str, seq: u32, tag: &str) -> Value {
    with(
        feature("acme", "ann", "export", tag),
        json!({"stream_id": stream, "seq": seq}),
    )
}

async fn send(collector: &Collector, events: &[Value]) {
    assert_eq!(collector.post(ndjson(events)).await.status, 200);
}

#[tokio::test]
async fn gaps_are_missing_and_repetitions_are_duplicates() {
    let collector = Collector::new();
    send(
        &collector,
        &[
            numbered("t1", 0, "a"),
            numbered("t1", 4, "b"),
            numbered("t2", 0, "c"),
        ],
    )
    .await;
    send(
        &collector,
        &[
            numbered("t1", 2, "d"),
            numbered("t1", 0, "a"),
            numbered("t2", 0, "c"),
        ],
    )
    .await;
    assert_eq!(
        collector.get("/api/v2/loss").await,
        json!({
            "streams": 2, "made": 6, "received": 4, "missing": 2, "duplicates": 2,
            "worst": [{"stream_id": "t1", "made": 5, "missing": 2}],
        })
    );
    send(
        &collector,
        &[numbered("t1", 1, "e"), numbered("t1", 3, "f")],
    )
    .await;
    assert_eq!(collector.get("/api/v2/loss").await["missing"], 0);
}

#[tokio::test]
async fn a_number_used_by_two_events_hides_no_gap() {
    let collector = Collector::new();
    send(
        &collector,
        &[
            numbered("t1", 0, "a"),
            numbered("t1", 0, "b"),
            numbered("t1", 2, "c"),
        ],
    )
    .await;
    let report = collector.get("/api/v2/loss").await;
    assert_eq!(
        (&report["missing"], &report["duplicates"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_stream_counts_in_the_span_in_which_it_began() {
    let collector = Collector::new();
    let late = with(numbered("t1", 1, "b"), json!({"created_at": NOW + DAY}));
    send(&collector, &[numbered("t1", 0, "a"), late]).await;
    let first = collector
        .get(&format!("/api/v2/loss?from={NOW}&to={}", NOW + 1))
        .await;
    assert_eq!(first["received"], 2);
    let second = collector
        .get(&format!("/api/v2/loss?from={}", NOW + 1))
        .await;
    assert_eq!(second["streams"], 0);
}

#[tokio::test]
async fn a_made_up_number_does_not_swell_the_record() {
    let collector = Collector::new();
    send(
        &collector,
        &[numbered("t1", u32::MAX, "a"), numbered("t1", 0, "b")],
    )
    .await;
    assert_eq!(collector.get("/api/v2/loss").await["made"], 1);
}
