//! How events are distributed over nodes.

use natero_collector::{
    model::{
        calendar::TimeZone,
        usage::{Dimension, Filter, Span},
        visibility::Visibility,
    },
    store::{
        Store,
        scaled::ScaledStore,
        usage::{RowPage, UsageQuestion},
    },
};
use serde_json::{Value, json};

use crate::{
    pair::{NOW, Pair},
    servers,
};

fn events() -> Vec<Value> {
    (0..60)
        .map(|n| {
            json!({
                "event_id": format!("s/{n}"), "account_id": "a", "session_id": "1",
                "user_id": format!("u{}", n % 9), "created_at": NOW - n, "action": "feature",
                "feature": "f",
            })
        })
        .collect()
}

async fn open(pair: &Pair, clickhouse: &[String]) -> Result<ScaledStore, String> {
    let opened = ScaledStore::open(&pair.addresses.postgres, clickhouse, Default::default());
    let store = opened.await.map_err(|refused| refused.to_string())?;
    store.leave_shipping().await;
    Ok(store)
}

async fn users(store: &dyn Store) -> (i64, i64) {
    let question = UsageQuestion {
        account_id: "a".into(),
        within: Visibility::All,
        rollup: true,
        by: Some(Dimension::User),
        span: Span::ALL,
        before: None,
        time_zone: TimeZone::UTC,
        filter: Filter::default(),
        page: RowPage::ALL,
    };
    let totals = store.usage(question).await.unwrap().unwrap().totals;
    (totals.events, totals.users)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_number_or_order_of_shards_is_refused() {
    let Some(pair) = Pair::over(&[1, 1]).await else {
        return;
    };
    let [one, two] = &pair.addresses.clickhouse[..] else {
        unreachable!("there are two shards");
    };
    for (wrong, said) in [
        (vec![one.clone()], "spread over 2 shards"),
        (vec![two.clone(), one.clone()], "has shard 2"),
        (vec![one.clone(), one.clone()], "twice"),
        (
            vec![one.clone(), two.clone(), "http://127.0.0.1:1/n".into()],
            "spread over 2 shards",
        ),
    ] {
        let refused = open(&pair, &wrong).await.unwrap_err();
        assert!(refused.contains(said), "{refused}");
    }
    // A node that was never used must be reachable.
    let away = format!("{two}|http://127.0.0.1:1/n");
    assert!(open(&pair, &[one.clone(), away]).await.is_err());
    assert!(open(&pair, &pair.addresses.clickhouse).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_added_is_shipped_all() {
    let (Some(pair), Some(more)) = (Pair::new().await, servers::databases()) else {
        return;
    };
    pair.send_to(&*pair.scaled, &events(), false).await;
    pair.ship().await;
    let both = format!("{}|{}", pair.addresses.clickhouse[0], more.clickhouse[0]);
    let store = open(&pair, &[both]).await.unwrap();
    assert_eq!(users(&store).await, (60, 9), "before it is shipped to");
    while !store.ship().await.unwrap() {
        tokio::task::yield_now().await;
    }
    assert_eq!(pair.rows_with("1").await, [60, 60]);
    assert_eq!(users(&store).await, (60, 9));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_shards_are_shipped_all_once_the_nodes_are_forgotten() {
    let (Some(pair), Some(more)) = (Pair::new().await, servers::databases()) else {
        return;
    };
    pair.send_to(&*pair.scaled, &events(), false).await;
    pair.ship().await;
    pair.sql("DELETE FROM nodes").await;
    let spread = [
        pair.addresses.clickhouse[0].clone(),
        more.clickhouse[0].clone(),
    ];
    let store = open(&pair, &spread).await.unwrap();
    assert_eq!(users(&store).await, (60, 9), "before anything is shipped");
    while !store.ship().await.unwrap() {
        tokio::task::yield_now().await;
    }
    let rows = pair.rows_with("1").await;
    assert!(rows.iter().all(|rows| *rows > 0), "{rows:?}");
    assert_eq!(rows.iter().sum::<u64>(), 60);
    assert_eq!(users(&store).await, (60, 9));
}
