//! Servers crash and come back, with or without their data. What was acknowledged counts
//! once, whoever answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use natero_collector::{
    model::{
        calendar::TimeZone,
        usage::{Dimension, Filter, Span},
        visibility::Visibility,
    },
    store::{
        StoreError,
        operations::{FigureOperations, UpkeepOperations},
        scaled::ScaledStore,
        usage::{RowPage, UsageQuestion},
    },
};
use natero_servers::Clickhouse;
use serde_json::{Value, json};

use crate::{
    own,
    pair::{NOW, Pair, same},
    servers,
    support::databases::UNSHIPPED,
};

/// How long a test may wait for something.
const LIMIT: Duration = Duration::from_secs(60);

fn events(from: usize, to: usize) -> Vec<Value> {
    (from..to)
        .map(|n| {
            let (account, feature) = (["a", "b"][n % 2], ["f", "g", "h"][n % 3]);
            json!({
                "event_id": format!("f/{n}"), "account_id": account,
                "user_id": format!("u{}", n % 11), "session_id": format!("{}", n % 5),
                "created_at": NOW - 7_000_000 * n as i64, "action": "feature",
                "feature": feature, "total": 2, "stream_id": "s", "seq": n,
            })
        })
        .collect()
}

fn question(account: &str, by: Option<Dimension>) -> UsageQuestion {
    UsageQuestion {
        account_id: account.into(),
        within: Visibility::All,
        rollup: true,
        by,
        span: Span::ALL,
        before: None,
        time_zone: TimeZone::UTC,
        filter: Filter::default(),
        page: RowPage::ALL,
    }
}

/// Waits until the store on servers answers. A restarted node is used only after the shipper
/// has checked it.
async fn answered(pair: &Pair) {
    let answered = async {
        while let Err(cause) = FigureOperations::usage(&*pair.scaled, question("a", None)).await {
            assert!(matches!(cause, StoreError::Unanswered(_)), "{cause}");
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, answered)
        .await
        .expect("an answer");
}

/// Compares the answers of both stores.
async fn compare(pair: &Pair) {
    for account in ["a", "b"] {
        for by in [
            None,
            Some(Dimension::User),
            Some(Dimension::Account),
            Some(Dimension::Feature),
            Some(Dimension::Day),
        ] {
            same!(pair, store => store.usage(question(account, by)));
        }
    }
    same!(pair, store => store.loss(Span::ALL));
}

/// A store on the shared PostgreSQL and on `number` nodes of its own, which are replicas of
/// one shard.
async fn replicas(number: usize) -> Option<(Pair, Vec<Clickhouse>)> {
    let mut addresses = servers::databases()?;
    let nodes: Vec<Clickhouse> = (0..number).map_while(|_| own::clickhouse()).collect();
    addresses.clickhouse = own::shard(&nodes);
    let pair = Pair::on(addresses).await?;
    Some((pair, nodes))
}

/// Ships to the nodes that run, while one is down.
async fn ship_without_one(pair: &Pair) {
    let shipped = async {
        while pair.scaled.freshness().await.unwrap().events > 0 {
            let _ = pair.scaled.ship().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, shipped).await.expect("shipped");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_away_delays_nothing_and_catches_up() {
    let Some((pair, mut nodes)) = replicas(2).await else {
        return;
    };
    pair.send(&events(0, 100), false).await;
    pair.ship().await;
    nodes[1].kill().unwrap();
    pair.send(&events(100, 200), false).await;
    ship_without_one(&pair).await;
    compare(&pair).await;
    // Only the node that lacks a block runs. Queries bring the missing events along.
    nodes[0].kill().unwrap();
    nodes[1].start_again().unwrap();
    let refused = pair.scaled.ship().await;
    assert!(refused.is_err(), "one is away");
    compare(&pair).await;
    pair.send(&events(200, 300), false).await;
    compare(&pair).await;
    nodes[0].start_again().unwrap();
    pair.ship().await;
    for away in [0, 1] {
        nodes[away].kill().unwrap();
        answered(&pair).await;
        compare(&pair).await;
        nodes[away].start_again().unwrap();
        pair.ship().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_while_each_shard_has_a_replica() {
    let (Some(mut addresses), Some(away), Some(there)) =
        (servers::databases(), own::clickhouse(), own::clickhouse())
    else {
        return;
    };
    let shards = ["one", "two", "three"];
    addresses.clickhouse = shards
        .map(|shard| format!("{}|{}", away.address(shard), there.address(shard)))
        .into();
    let Some(pair) = Pair::on(addresses).await else {
        return;
    };
    pair.send(&events(0, 100), false).await;
    pair.ship().await;
    let mut away = away;
    away.kill().unwrap();
    // The first query tries the node that is down in each shard.
    compare(&pair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lost_its_data_answers_nothing_until_it_is_shipped_anew() {
    let Some((pair, mut nodes)) = replicas(1).await else {
        return;
    };
    pair.send(&events(0, 100), false).await;
    pair.ship().await;
    pair.send(&events(100, 150), false).await;
    own::lose(&mut nodes[0]);
    let ask = || FigureOperations::usage(&*pair.scaled, question("a", None));
    assert!(matches!(ask().await, Err(StoreError::Unanswered(_))));
    nodes[0].start_again().unwrap();
    let refused = ask().await.unwrap_err();
    assert!(
        refused.to_string().contains("has lost its data"),
        "{refused}"
    );
    pair.ship().await;
    compare(&pair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_started_again_gets_once_more_what_it_may_not_have_flushed() {
    let Some((pair, mut nodes)) = replicas(1).await else {
        return;
    };
    pair.send(&events(0, 50), false).await;
    pair.ship().await;
    pair.send(&events(50, 100), false).await;
    while !pair.scaled.ship().await.unwrap() || pair.scaled.freshness().await.unwrap().events > 0 {
        tokio::task::yield_now().await;
    }
    own::lose_newest_part(&mut nodes[0]);
    nodes[0].start_again().unwrap();
    assert!(pair.rows_with("1").await[0] < 100);
    let ask = FigureOperations::usage(&*pair.scaled, question("a", None));
    assert!(matches!(ask.await, Err(StoreError::Unanswered(_))));
    assert!(pair.scaled.ship().await.unwrap());
    compare(&pair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lost_what_the_inbox_has_dropped_gets_it_from_another_replica() {
    let Some((pair, mut nodes)) = replicas(2).await else {
        return;
    };
    pair.send(&events(0, 200), false).await;
    pair.ship().await;
    let before = NOW - 7_000_000 * 50;
    for (_, store) in pair.stores() {
        while !store.prune(before).await.unwrap().is_done {}
    }
    pair.send(&events(200, 240), false).await;
    own::lose(&mut nodes[0]);
    nodes[0].start_again().unwrap();
    pair.ship().await;
    nodes[1].kill().unwrap();
    compare(&pair).await;
    // The other node has nobody from whom to get the block.
    nodes[0].kill().unwrap();
    own::lose(&mut nodes[1]);
    nodes[1].start_again().unwrap();
    assert!(pair.scaled.ship().await.is_err());
    let ask = || FigureOperations::usage(&*pair.scaled, question("a", None));
    assert!(matches!(ask().await, Err(StoreError::Unanswered(_))));
    nodes[0].start_again().unwrap();
    pair.ship().await;
    compare(&pair).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_ends_while_it_is_shipped_to_lacks_and_doubles_nothing() {
    let Some((pair, mut nodes)) = replicas(2).await else {
        return;
    };
    // This store ships in the background, while the nodes stop and start.
    let shipping = ScaledStore::open(
        &pair.addresses.postgres,
        &pair.addresses.clickhouse,
        Default::default(),
    )
    .await
    .unwrap();
    for round in 0..6 {
        let node = &mut nodes[round % 2];
        node.kill().unwrap();
        pair.send(&events(round * 400, round * 400 + 400), false)
            .await;
        answered(&pair).await;
        compare(&pair).await;
        node.start_again().unwrap();
    }
    let caught_up = async {
        while pair.addresses.count(UNSHIPPED) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, caught_up)
        .await
        .expect("all of it is shipped");
    shipping.close().await;
    for away in [0, 1] {
        nodes[away].kill().unwrap();
        compare(&pair).await;
        nodes[away].start_again().unwrap();
        pair.ship().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_ends_at_once_has_what_was_acknowledged() {
    let (Some(postgres), Some(node)) = (own::postgres(), own::clickhouse()) else {
        return;
    };
    let nodes = [node];
    let addresses = own::addresses(&postgres.address("postgres"), &nodes);
    let Some(pair) = Pair::on(addresses).await else {
        return;
    };
    let pair = Arc::new(pair);
    const STOPS: usize = 4;
    const BETWEEN: usize = 60;
    let mut postgres = postgres;
    let source = pair.source(&*pair.sqlite, false).await;
    assert_eq!(source, pair.source(&*pair.scaled, false).await);
    let (sent, stops) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let sending = {
        let (pair, sent, stops) = (Arc::clone(&pair), Arc::clone(&sent), Arc::clone(&stops));
        tokio::spawn(async move {
            for number in 0..(STOPS + 1) * BETWEEN {
                while number >= (stops.load(Ordering::Relaxed) + 1) * BETWEEN {
                    tokio::task::yield_now().await;
                }
                let events = events(number * 10, number * 10 + 10);
                // Retries until the batch is acknowledged, as a tracker does.
                while pair
                    .try_send(&*pair.scaled, &source, &events)
                    .await
                    .is_err()
                {
                    tokio::task::yield_now().await;
                }
                let known = pair.try_send(&*pair.sqlite, &source, &events).await;
                assert_eq!(known.unwrap().accepted, 10);
                sent.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    for stop in 0..STOPS {
        // In the middle of the load.
        while sent.load(Ordering::Relaxed) < stop * BETWEEN + BETWEEN / 2 {
            assert!(!sending.is_finished(), "it fails to send");
            tokio::task::yield_now().await;
        }
        let _ = pair.scaled.ship().await;
        postgres.kill().unwrap();
        postgres.start_again().unwrap();
        stops.fetch_add(1, Ordering::Relaxed);
    }
    sending.await.unwrap();
    for _ in 0..2 {
        for account in ["a", "b"] {
            for by in [None, Some(Dimension::User), Some(Dimension::Day)] {
                same!(pair, store => store.usage(question(account, by)));
            }
        }
        pair.ship().await;
    }
}
