//! How far ClickHouse lags behind.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::Pool;
use tokio::sync::watch;
use tokio_postgres::Client;

use crate::{
    clock::now_ms,
    metrics::Metrics,
    store::{
        freshness::Freshness,
        scaled::{failure::Result, nodes::Nodes, postgres::IS_LATER},
    },
};

/// Interval between two measurements of how far ClickHouse lags behind.
const INTERVAL: Duration = Duration::from_secs(2);

/// Measures how far ClickHouse lags behind at `now`. The result is the lag of the slowest shard;
/// the lag of a shard is that of its fastest replica.
pub(in crate::store::scaled) async fn freshness(
    client: &Client,
    nodes: &Nodes,
    now: i64,
) -> Result<Freshness> {
    let sql = "SELECT coalesce(
            (SELECT to_tx FROM blocks WHERE no = (SELECT MIN(shipped) FROM (
                SELECT MAX(shipped) AS shipped FROM nodes WHERE name = ANY($1) GROUP BY shard
            ) AS best)), 0)";
    let row = client.query_one(sql, &[&nodes.names()]).await?;
    let from_tx: i64 = row.get(0);
    let sql = format!("SELECT COUNT(*), MIN(e.received_at) FROM events e WHERE {IS_LATER}");
    let row = client.query_one(&sql, &[&from_tx]).await?;
    let oldest: Option<i64> = row.get(1);
    Ok(Freshness {
        events: row.get(0),
        age: oldest.map_or(0, |oldest| now.saturating_sub(oldest).max(0)),
    })
}

/// The nodes, each with the number of blocks that it lacks.
async fn missing_blocks(client: &Client, nodes: &Nodes) -> Result<Vec<(String, i64)>> {
    let sql = "SELECT name, (SELECT coalesce(MAX(no), 0) FROM blocks) - shipped FROM nodes
        WHERE name = ANY($1)";
    let rows = client.query(sql, &[&nodes.names()]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Publishes how far ClickHouse lags behind, until the task is aborted.
pub(in crate::store::scaled) async fn watch_forever(
    (pool, nodes): (Pool, Nodes),
    metrics: Arc<Metrics>,
    sender: watch::Sender<Freshness>,
) {
    loop {
        if let Ok(client) = pool.get().await {
            if let Ok(behind) = freshness(&client, &nodes, now_ms()).await {
                metrics.unshipped_events.set(behind.events);
                metrics.unshipped_age.set(behind.age / 1000);
                sender.send_replace(behind);
            }
            for (node, blocks) in missing_blocks(&client, &nodes).await.unwrap_or_default() {
                metrics.set_lacking_blocks(node, blocks);
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
