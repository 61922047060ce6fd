//! What was acknowledged is counted exactly once, whatever happens to the shipper.

use std::time::Duration;

use natero_collector::{
    model::{
        calendar::TimeZone,
        usage::{Filter, Span},
        visibility::Visibility,
    },
    store::{
        Store,
        operations::{EventOperations, UpkeepOperations},
        usage::{RowPage, Totals, UsageQuestion},
    },
};
use serde_json::{Value, json};

use crate::{
    pair::{NOW, Pair},
    process::LIMIT,
};

fn event(n: usize) -> Value {
    json!({
        "event_id": format!("s/{n}"), "account_id": "a", "user_id": format!("u{}", n % 7),
        "session_id": "1", "created_at": NOW - n as i64, "action": "feature", "feature": "f",
        "total": 2,
    })
}

async fn totals(store: &dyn Store) -> Totals {
    let question = UsageQuestion {
        account_id: "a".into(),
        within: Visibility::All,
        rollup: true,
        by: None,
        span: Span::ALL,
        before: None,
        time_zone: TimeZone::UTC,
        filter: Filter::default(),
        page: RowPage::ALL,
    };
    store.usage(question).await.unwrap().unwrap().totals
}

fn expected(events: i64) -> Totals {
    Totals {
        events,
        features: 2.0 * events as f64,
        sessions: events.min(7),
        users: events.min(7),
        ..Totals::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_sent_again_counts_once() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let events: Vec<Value> = (0..300).map(event).collect();
    for part in events.chunks(50) {
        pair.send_to(&*pair.scaled, part, false).await;
        assert_eq!(
            pair.send_to(&*pair.scaled, part, false).await.duplicates,
            50
        );
    }
    assert_eq!(
        totals(&*pair.scaled).await,
        expected(300),
        "before it is shipped"
    );
    pair.ship().await;
    for _ in 0..3 {
        pair.forget_last_block().await;
        assert_eq!(totals(&*pair.scaled).await, expected(300), "in doubt");
        pair.ship().await;
        assert_eq!(totals(&*pair.scaled).await, expected(300), "sent again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_still_open_falls_into_no_block() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let (mut client, connection) =
        tokio_postgres::connect(&pair.addresses.postgres, tokio_postgres::NoTls)
            .await
            .unwrap();
    tokio::spawn(connection);
    pair.send_to(&*pair.scaled, &[event(0)], false).await;
    pair.ship().await;
    // Its transaction has an earlier number than the following events, and commits after
    // them.
    let open = client.transaction().await.unwrap();
    let late = open
        .execute(
            "INSERT INTO events (day, key, event_id, account_id, user_id, session_id, created_at,
                 action, feature, total, received_at, source_id, set_aside)
             SELECT day, '\\x00112233445566778899aabbccddeeff'::bytea, 'late', account_id, 'u6',
                 session_id, created_at, action, feature, total, received_at, source_id, set_aside
             FROM events LIMIT 1",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(late, 1);
    pair.send_to(&*pair.scaled, &[event(1), event(2)], false)
        .await;
    while !pair.scaled.ship().await.unwrap() {}
    assert_eq!(totals(&*pair.scaled).await.events, 3);
    open.commit().await.unwrap();
    assert_eq!(totals(&*pair.scaled).await.events, 4, "it counts at once");
    pair.ship().await;
    assert_eq!(
        totals(&*pair.scaled).await.events,
        4,
        "and once it is shipped"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_collectors_that_get_the_same_events_count_them_once() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let other = pair.another_collector().await;
    let events: Vec<Value> = (0..400).map(event).collect();
    let (mut accepted, mut duplicates) = (0, 0);
    for part in events.chunks(40) {
        let mut turned = part.to_vec();
        turned.reverse();
        let (one, two) = tokio::join!(
            pair.send_to(&*pair.scaled, part, false),
            pair.send_to(&other, &turned, false)
        );
        accepted += one.accepted + two.accepted;
        duplicates += one.duplicates + two.duplicates;
    }
    assert_eq!((accepted, duplicates), (400, 400));
    assert_eq!(totals(&other).await, expected(400));
    // One of them ships in the background; the other sees what was shipped.
    other.close().await;
    pair.ship().await;
    assert_eq!(totals(&*pair.scaled).await, expected(400));
    assert!(matches!(
        other
            .ingest(natero_collector::store::batch::Batch {
                events: Vec::new(),
                lines: Vec::new(),
                rejected: Vec::new(),
                refused: Default::default(),
                source: pair.source(&*pair.scaled, false).await,
                received_at: NOW,
            })
            .await,
        Err(natero_collector::store::StoreError::Closed)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_closed_collector_left_is_shipped_by_the_next() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    pair.send_to(
        &*pair.scaled,
        &(0..20).map(event).collect::<Vec<_>>(),
        false,
    )
    .await;
    let next = pair.another_collector().await;
    // Its shipper finds them by itself.
    let shipped = async {
        while next.freshness().await.unwrap().events > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), shipped)
        .await
        .expect("they are shipped");
    assert_eq!(totals(&next).await, expected(20));
    next.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_days_to_come_get_their_partitions_while_questions_are_asked() {
    const PARTITIONS: &str =
        "SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'events'::regclass";
    let Some(pair) = Pair::new().await else {
        return;
    };
    let other = pair.another_collector().await;
    pair.send_to(&other, &[event(1)], false).await;
    let source = pair.source(&other, false).await;
    let asking = async {
        // The partitions of four days, and the default partition.
        while pair.try_count(PARTITIONS).await.unwrap() < 5 {
            let missing = other.missing_events(source.id, vec!["none".into()]);
            assert_eq!(missing.await.unwrap(), ["none"]);
            assert_eq!(totals(&other).await.events, 1);
        }
    };
    tokio::time::timeout(LIMIT, asking)
        .await
        .expect("they are made within the limit");
    other.close().await;
}
