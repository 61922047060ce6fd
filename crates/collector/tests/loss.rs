//! What the collector can report about events that never arrived.
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
            "streams": 2, "made": 6, "received": 4, "missing": 2, "rejected": 0, "duplicates": 2,
            "worst": [{"stream_id": "t1", "made": 5, "missing": 2}],
            "implausible": 0, "implausible_streams": [],
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
async fn what_was_refused_is_told_apart_from_what_was_lost() {
    let collector = Collector::new();
    let refused = |seq: u32| with(numbered("t1", seq, "r"), json!({"total": "many"}));
    let batch = [
        numbered("t1", 0, "a"),
        refused(1),
        numbered("t1", 3, "b"),
        refused(4),
    ];
    // Sent a second time, as after a lost answer.
    for _ in 0..2 {
        let receipt = collector.post(ndjson(&batch)).await.json();
        assert_eq!(receipt["rejected"].as_array().unwrap().len(), 2);
    }
    assert_eq!(
        collector.get("/api/v2/loss").await,
        json!({
            "streams": 1, "made": 5, "received": 2, "missing": 1, "rejected": 2, "duplicates": 2,
            "worst": [{"stream_id": "t1", "made": 5, "missing": 1}],
            "implausible": 0, "implausible_streams": [],
        })
    );
    // A batch without any other event, of a stream that is not known yet.
    let receipt = collector.post(ndjson(&[with(refused(0), json!({"stream_id": "t2"}))]));
    assert_eq!(receipt.await.status, 200);
    let report = collector.get("/api/v2/loss").await;
    assert_eq!(
        (&report["streams"], &report["rejected"]),
        (&json!(2), &json!(3))
    );
    // The corrected event, sent again, counts as arrived.
    send(
        &collector,
        &[numbered("t1", 4, "c"), numbered("t1", 2, "d")],
    )
    .await;
    let report = collector.get("/api/v2/loss").await;
    assert_eq!(
        (&report["missing"], &report["rejected"]),
        (&json!(0), &json!(2))
    );
    // A line that is not JSON names no stream.
    let body = format!(
        "{}\n{{\"stream_id\":\"t1\",\"seq\":9",
        numbered("t1", 7, "e")
    );
    assert_eq!(collector.post(body).await.status, 200);
    assert_eq!(collector.get("/api/v2/loss").await["missing"], 2);
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
async fn a_made_up_number_makes_its_stream_implausible_and_nothing_missing() {
    let collector = Collector::new();
    for (at, highest) in [16_777_215, 100_002, u32::MAX].into_iter().enumerate() {
        let stream = format!("t{at}");
        send(
            &collector,
            &[
                numbered(&stream, 0, &format!("{at} first")),
                numbered(&stream, highest, &format!("{at} last")),
            ],
        )
        .await;
    }
    // A rejected event can forge numbers, too.
    let refused = with(numbered("t3", 5_000_000, "r"), json!({"total": -1}));
    send(&collector, &[refused]).await;
    let report = collector.get("/api/v2/loss").await;
    assert_eq!(
        (&report["missing"], &report["made"], &report["received"]),
        (&json!(0), &json!(7), &json!(6))
    );
    assert_eq!(report["worst"], json!([]));
    assert_eq!(report["implausible"], 4);
    assert_eq!(
        report["implausible_streams"][0],
        json!({"stream_id": "t2", "numbered": 4_294_967_296_i64, "received": 2})
    );
}

#[tokio::test]
async fn a_hundred_thousand_are_missing_and_more_are_implausible_until_they_come() {
    let collector = Collector::new();
    send(
        &collector,
        &[numbered("t", 0, "a"), numbered("t", 100_001, "b")],
    )
    .await;
    let report = collector.get("/api/v2/loss").await;
    assert_eq!(
        (&report["missing"], &report["implausible"]),
        (&json!(100_000), &json!(0))
    );
    send(&collector, &[numbered("t", 100_003, "c")]).await;
    let report = collector.get("/api/v2/loss").await;
    assert_eq!(
        (&report["missing"], &report["implausible"]),
        (&json!(0), &json!(1))
    );
    send(&collector, &[numbered("t", 100_002, "d")]).await;
    let report = collector.get("/api/v2/loss").await;
    assert_eq!(
        (&report["missing"], &report["implausible"]),
        (&json!(100_000), &json!(0))
    );
}

#[tokio::test]
async fn many_small_gaps_are_as_implausible_as_a_large_one() {
    let collector = Collector::new();
    let events: Vec<_> = (0..30)
        .map(|at| numbered("many", at * 100_000, &format!("many-{at}")))
        .collect();
    send(&collector, &events).await;
    let refused: Vec<_> = (1..=5)
        .map(|at| with(numbered("refused", at * 100_000, "r"), json!({"total": -1})))
        .collect();
    send(&collector, &refused).await;
    let report = collector.get("/api/v2/loss").await;
    assert_eq!(
        (&report["missing"], &report["made"], &report["implausible"]),
        (&json!(0), &json!(35), &json!(2))
    );
}

#[tokio::test]
async fn late_events_of_an_erased_user_or_account_are_not_missing() {
    let collector = Collector::new();
    let of = |account: &str, user: &str, stream: &str, seq: u32| {
        let event = feature(account, user, "export", format!("{stream}-{seq}"));
        with(event, json!({"stream_id": stream, "seq": seq}))
    };
    send(
        &collector,
        &[
            of("acme", "ann", "t1", 0),
            of("acme", "bob", "t1", 1),
            of("gone", "eve", "t1", 2),
        ],
    )
    .await;
    for path in [
        "/api/v2/account_users/bob?erase=true",
        "/api/v2/accounts/gone?erase=true",
    ] {
        assert_eq!(collector.call("DELETE", path, None).await.status, 200);
    }
    let late = [
        of("acme", "bob", "t1", 3),
        of("gone", "dan", "t1", 4),
        // Streams without any other event.
        of("acme", "bob", "t2", 0),
        of("acme", "bob", "t3", 0),
    ];
    for _ in 0..2 {
        let receipt = collector.post(ndjson(&late)).await.json();
        assert_eq!(
            receipt["rejected"].as_array().unwrap().len(),
            4,
            "{receipt}"
        );
    }
    send(&collector, &[of("acme", "ann", "t1", 5)]).await;
    let counts = async || {
        let report = collector.get("/api/v2/loss").await;
        ["streams", "made", "received", "missing", "rejected"].map(|name| report[name].clone())
    };
    assert_eq!(counts().await, [1, 6, 2, 0, 4]);
    // The second event gives the stream a record.
    send(
        &collector,
        &[of("acme", "bob", "t3", 0), of("acme", "ann", "t3", 1)],
    )
    .await;
    assert_eq!(counts().await, [2, 8, 3, 0, 5]);
}
