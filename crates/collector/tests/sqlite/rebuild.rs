//! A rebuild while events arrive.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use natero_collector::store::sqlite::{SqliteStore as Store, fact_blob, rebuild};
use serde_json::json;

use crate::{
    file::{self, OnFile},
    support::*,
};

/// Enough events for a rebuild to take as long as many batches.
const EVENTS: usize = 20_000;

async fn filled() -> Collector {
    let collector = file::collector();
    for batch in 0..EVENTS / 1000 {
        let events = (0..1000).map(|at| {
            let at = batch * 1000 + at;
            with(
                feature(&format!("a{}", at % 7), &format!("u{}", at % 70), "f", at),
                json!({"created_at": NOW + at as i64 * 1000, "module": format!("m{}", at % 9)}),
            )
        });
        collector.send(events.collect()).await;
    }
    collector
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_stored_while_a_rebuild_reads_all_events_and_count_afterwards() {
    let collector = filled().await;
    // Facts without any event, and some missing facts.
    let sql = collector.sql();
    sql.execute_batch(
        "DELETE FROM usage_segments WHERE id IN (SELECT MIN(id) FROM usage_segments GROUP BY account_no LIMIT 3);
         UPDATE usage_segments SET account_no = (SELECT no FROM accounts WHERE account_id = 'a6')
             WHERE id = (SELECT MIN(id) FROM usage_segments)",
    )
    .unwrap();
    let db = collector.db();
    let is_done = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&is_done);
    let rebuilding = thread::spawn(move || {
        let mut conn = Store::open_for_command(&db).unwrap();
        let rebuilt = rebuild::rebuild(&mut conn, true).unwrap();
        done.store(true, Ordering::SeqCst);
        rebuilt
    });
    let mut during = 0;
    for at in 0.. {
        let event = with(
            feature(&format!("a{}", at % 7), "late", "f", format!("late {at}")),
            json!({"created_at": NOW + (at % 500) as i64 * 1000, "module": "m1"}),
        );
        collector.send(vec![event]).await;
        if is_done.load(Ordering::SeqCst) {
            break;
        }
        during += 1;
    }
    let rebuilt = rebuilding.join().unwrap();
    assert!(!rebuilt.differing.is_empty());
    // With the file locked, no batch would be stored before the end.
    assert!(
        during > 10,
        "{during} batches were stored during the rebuild"
    );
    let again = rebuild::rebuild(&mut collector.sql(), false).unwrap();
    assert_eq!(again.differing, Vec::<String>::new());
    assert_eq!(again.events as usize, EVENTS + during + 1);
}

#[tokio::test]
async fn what_is_erased_during_a_rebuild_does_not_come_back() {
    let collector = filled().await;
    collector
        .sql()
        .execute_batch("DELETE FROM usage_segments WHERE id % 2 = 0")
        .unwrap();
    let db = collector.db();
    let rebuilding = thread::spawn(move || {
        let mut conn = Store::open_for_command(&db).unwrap();
        rebuild::rebuild(&mut conn, true).unwrap()
    });
    for user in 0..5 {
        let path = format!("/api/v2/account_users/u{user}?erase=true");
        assert_eq!(collector.call("DELETE", &path, None).await.status, 200);
    }
    rebuilding.join().unwrap();
    let again = rebuild::rebuild(&mut collector.sql(), false).unwrap();
    assert_eq!(again.differing, Vec::<String>::new());
}

#[tokio::test]
async fn a_check_takes_no_lock() {
    let collector = filled().await;
    let held = collector.sql();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut conn = collector.sql();
    conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    let rebuilt = rebuild::rebuild(&mut conn, false).unwrap();
    assert_eq!(rebuilt.events as usize, EVENTS);
    held.execute_batch("ROLLBACK").unwrap();
}

/// Usage of an account by feature.
async fn by_feature(collector: &Collector) -> serde_json::Value {
    collector
        .get("/api/v2/accounts/acme/usage?by=feature")
        .await
}

#[tokio::test]
async fn rebuild_finds_and_mends_what_differs() {
    let collector = file::collector();
    collector
        .send(vec![
            feature("acme", "ann", "export", "1"),
            feature("beta", "bob", "export", "2"),
        ])
        .await;
    let honest = by_feature(&collector).await;
    let nothing = fact_blob::encode(&[]);
    let mut conn = collector.sql();
    conn.execute(
        "UPDATE usage_segments SET groups = ?1, data = ?2 WHERE account_no = 1",
        [nothing.groups, nothing.facts],
    )
    .unwrap();
    assert_ne!(by_feature(&collector).await, honest);
    for repair in [false, true] {
        let rebuilt = rebuild::rebuild(&mut conn, repair).unwrap();
        assert_eq!(rebuilt.differing, ["acme"]);
    }
    assert_eq!(by_feature(&collector).await, honest);
    let agreed = rebuild::rebuild(&mut conn, false).unwrap();
    assert!(agreed.differing.is_empty());
    assert_eq!((agreed.events, agreed.accounts, agreed.facts), (2, 2, 2));
}
