//! A limit on the size of PostgreSQL's database.

use std::{sync::Arc, time::Instant};

use natero_collector::store::{
    Store, StoreError, operations::UpkeepOperations, scaled::ScaledStore,
};
use serde_json::json;

use crate::{
    pair::{NOW, Pair},
    process::LIMIT,
};

/// A table that is larger than all tables of an empty store.
const PADDING: &str = "CREATE TABLE padding AS SELECT repeat(md5(n::text), 30) AS text
    FROM generate_series(1, 10000) AS n";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_database_takes_no_events_until_there_is_room_again() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let most = u64::try_from(pair.scaled.size().await.unwrap()).unwrap() + 2_000_000;
    pair.sql(PADDING).await;
    let (postgres, nodes) = (&pair.addresses.postgres, &pair.addresses.clickhouse);
    let store = ScaledStore::open(postgres, nodes, Arc::default()).await;
    let store = store.unwrap().bounded(most).await.unwrap();
    let store: &dyn Store = &store;
    let source = pair.source(store, false).await;
    let events = [json!({
        "event_id": "1", "account_id": "a", "user_id": "u", "created_at": NOW,
        "action": "feature", "feature": "f",
    })];
    let refused = pair.try_send(store, &source, &events).await;
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(cause)) if cause.contains("--max-db-bytes")),
        "{refused:?}"
    );
    assert!(!store.health().is_committing);
    for commits in [false, true] {
        assert!(store.probe(NOW, commits).await.is_err());
    }
    assert_eq!(
        store
            .missing_events(source.id, vec!["1".into()])
            .await
            .unwrap(),
        ["1"]
    );
    pair.sql("DROP TABLE padding").await;
    let start = Instant::now();
    while !store.health().is_committing {
        assert!(start.elapsed() < LIMIT, "it never finds room");
        tokio::task::yield_now().await;
    }
    assert_eq!(
        pair.try_send(store, &source, &events)
            .await
            .unwrap()
            .accepted,
        1
    );
    store.probe(NOW, true).await.unwrap();
}
