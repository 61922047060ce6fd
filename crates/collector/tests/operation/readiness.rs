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

/// A tracker's new event, for a clock that is two days behind.
fn fresh(event_id: u32) -> String {
    let event = feature("acme", "ann", "export", event_id);
    with(event, json!({"created_at": now_ms() + 2 * DAY})).to_string()
}

#[tokio::test]
async fn a_clock_before_the_newest_key_or_erasure_takes_nothing_either() {
    let now = now_ms();
    let later = now + 2 * DAY;
    for (known, sql) in [
        (
            "a source",
            format!("UPDATE sources SET created_at = {later}"),
        ),
        (
            "an account key",
            format!("UPDATE account_keys SET created_at = {later}"),
        ),
        (
            "an erasure",
            format!("UPDATE erasures SET erased_at = {later}"),
        ),
    ] {
        let collector = Collector::new();
        collector
            .send(vec![feature("acme", "ann", "export", 1)])
            .await;
        collector
            .change("DELETE", "/api/v2/account_users/ann?erase=true", None)
            .await;
        let right = collector.restarted();
        assert_eq!(ready(&right).await, 200);
        right.place.execute(&sql);
        let behind = right.restarted();
        assert_eq!(behind.post(fresh(2)).await.status, 503, "{known}");
        assert_eq!(ready(&behind).await, 503, "{known}");
        // A key from a time when the clock was ahead can be replaced.
        if known == "an account key" {
            behind
                .place
                .execute(&format!("UPDATE account_keys SET revoked_at = {now}"));
            assert_eq!(ready(&behind.restarted()).await, 200);
        }
    }
}

#[tokio::test]
async fn a_key_from_a_time_when_the_clock_was_ahead_blocks_no_events_of_the_present() {
    let collector = Collector::new();
    let later = now_ms() + 2 * DAY;
    for keys in ["sources", "account_keys"] {
        let sql = format!("UPDATE {keys} SET created_at = {later}");
        collector.place.execute(&sql);
    }
    let right = collector.restarted();
    let event = |no: u32| feature("acme", "ann", "export", no);
    let present = |no: u32| with(event(no), json!({"created_at": now_ms()}));
    for no in [1, 2] {
        let answer = right.post(ndjson(&[present(no)])).await;
        assert_eq!(answer.json()["accepted"], 1, "{}", answer.text);
    }
    // An event that would be rejected for ever waits, with all of its batch.
    let answer = right.post(format!("{}\n{}", present(3), fresh(4))).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(right.count("SELECT COUNT(*) FROM events"), 2);
}

#[tokio::test]
async fn a_trusted_clock_corrects_the_time_of_keys_from_when_it_was_ahead() {
    let collector = Collector::new();
    let later = now_ms() + 2 * DAY;
    for keys in ["sources", "account_keys"] {
        let sql = format!("UPDATE {keys} SET created_at = {later}");
        collector.place.execute(&sql);
    }
    let behind = collector.restarted();
    assert_eq!(ready(&behind).await, 503);
    let trusted = behind.restarted_with(&["--trust-clock"]);
    assert_eq!(ready(&trusted).await, 200);
    let right = trusted.restarted();
    assert_eq!(ready(&right).await, 200, "once is enough");
    let present = with(
        feature("acme", "ann", "export", 1),
        json!({"created_at": now_ms()}),
    );
    let receipt = right.post(format!("{present}\n{}", fresh(2))).await;
    assert_eq!(receipt.json()["accepted"], 1, "{}", receipt.text);
}

#[tokio::test]
async fn a_running_collector_learns_from_a_new_source_that_its_clock_is_behind() {
    let collector = Collector::new();
    let created = now_ms() + 2 * DAY;
    let sql = format!("UPDATE sources SET created_at = {created}");
    collector.place.execute(&sql);
    assert_eq!(ready(&collector).await, 200);
    let answer = collector.post(fresh(1)).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(ready(&collector).await, 503);
}
