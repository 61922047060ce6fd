//! The tables for each month, and how their space is freed.

use natero_collector::{
    clock::now_ms,
    store::{removal::PruneOutcome, sqlite::rebuild},
};
use serde_json::{Value, json};

use crate::{
    file::{OnFile, collector},
    support::*,
};

/// 1 January 2024.
const JANUARY: i64 = 1_704_067_200_000;

fn at(created_at: i64, tag: impl ToString) -> Value {
    with(
        feature("acme", "ann", "export", tag),
        json!({"created_at": created_at}),
    )
}

async fn prune(collector: &Collector, before: i64) -> PruneOutcome {
    collector.app.store.prune(before).await.unwrap()
}

#[tokio::test]
async fn an_event_counts_once_whatever_month_it_names() {
    let collector = collector();
    collector.send(vec![at(NOW, "a"), at(JANUARY, "b")]).await;
    let again = [
        at(JANUARY, "a"),
        at(NOW, "b"),
        at(NOW + DAY, "a"),
        at(JANUARY, "c"),
    ];
    let receipt = collector.post(ndjson(&again)).await.json();
    assert_eq!(
        (&receipt["accepted"], &receipt["duplicates"]),
        (&json!(1), &json!(3))
    );
    let tables = "SELECT COUNT(*) FROM sqlite_schema WHERE name GLOB 'events_20??_??'";
    assert_eq!(collector.count(tables), 2);
    let usage = collector.get("/api/v2/accounts/acme/usage?by=month").await;
    assert_eq!(usage["totals"]["events"], 3);
}

#[tokio::test]
async fn old_events_go_in_slices_that_batches_do_not_wait_long_for() {
    let collector = collector();
    let event = |no: usize| feature("acme", "ann", "export", no);
    collector.send((0..3000).map(event).collect()).await;
    let mut slices = 0;
    loop {
        let pruned = prune(&collector, JANUARY).await;
        assert!(pruned.events < 3000, "all of them at once");
        if pruned.events == 0 {
            break;
        }
        slices += 1;
    }
    assert!(slices > 1);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 0);
}

#[tokio::test]
async fn a_month_is_gone_at_once_and_its_room_is_freed_bit_by_bit() {
    let collector = collector();
    let old = (0..4000).map(|no| at(NOW + no, no)).collect();
    collector.send(old).await;
    let young = (0..5)
        .map(|no| at(JANUARY + no, format!("young {no}")))
        .collect();
    collector.send(young).await;
    let path = "/api/v2/accounts/acme/usage?by=month";
    let before = collector.get(path).await;
    // They arrived long ago.
    let december = JANUARY / DAY - 20;
    collector
        .place
        .execute(&format!("UPDATE arrival_days SET day = {december}"));

    let first = prune(&collector, JANUARY).await;
    assert!((1..4000).contains(&first.events), "{first:?}");
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 5);
    let mut freed = first.events;
    loop {
        let pruned = prune(&collector, JANUARY).await;
        freed += pruned.events;
        if pruned.is_done {
            break;
        }
    }
    assert_eq!(freed, 4000);
    let left = "SELECT COUNT(*) FROM sqlite_schema WHERE name GLOB '*2023_11*'";
    assert_eq!(collector.count(left), 0);
    // The ids are deleted together with the events, so that the table does not grow for
    // ever.
    assert_eq!(collector.count("SELECT COUNT(*) FROM event_ids"), 5);
    assert_eq!(collector.get(path).await, before, "figures stay");
    let rebuilt = rebuild::rebuild(&mut collector.sql(), false).unwrap();
    assert_eq!((rebuilt.events, rebuilt.differing), (5, Vec::new()));
}

#[tokio::test]
async fn an_id_is_kept_as_long_after_its_arrival_as_events_are_after_their_time() {
    let collector = collector();
    let old = |no: i64, days: i64| {
        let fields = json!({"stream_id": "st", "seq": no});
        with(at(now_ms() - days * DAY, no), fields)
    };
    let send = async |days: i64| {
        let event = old(0, days);
        let receipt = collector.post(ndjson(&[event])).await.json();
        while !prune(&collector, now_ms() - 400 * DAY).await.is_done {}
        receipt["accepted"].clone()
    };
    assert_eq!(send(700).await, 1);
    for _ in 0..3 {
        assert_eq!(send(700).await, 0);
    }
    // The same for a repetition with another time.
    assert_eq!(send(600).await, 0);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 0);
    let count = collector.count("SELECT COUNT(*) FROM arrival_days");
    assert_eq!(count, 1);

    let long_ago = (now_ms() / DAY) - 401;
    collector
        .place
        .execute(&format!("UPDATE arrival_days SET day = {long_ago}"));
    // A sweep begins when the next month is deleted.
    collector.send(vec![old(1, 800)]).await;
    while !prune(&collector, now_ms() - 400 * DAY).await.is_done {}
    assert_eq!(send(700).await, 1, "it is forgotten in the end");
    let erased = collector.call("DELETE", "/api/v2/streams/st", None).await;
    assert_eq!(
        erased.json()["erased"],
        json!({"events": 0, "users": 0, "accounts": 0, "figures_kept": 3})
    );
}

#[tokio::test]
async fn an_event_that_retention_has_dropped_cannot_be_erased_by_its_id() {
    let collector = collector();
    collector.send(vec![at(NOW, "old")]).await;
    while !prune(&collector, NOW + HOUR).await.is_done {}
    let path = "/api/v2/events/old";
    assert_eq!(collector.call("DELETE", path, None).await.status, 404);
}
