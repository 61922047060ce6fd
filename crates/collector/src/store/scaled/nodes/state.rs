//! The state of the ClickHouse nodes, recorded in PostgreSQL: the shard of each node, the name
//! of its table, and how far it was shipped to.
//!
//! **Invariant:** the table of a node has all blocks up to the recorded one. A node without that
//! table has lost its data: it gets a table with a new name, which begins without blocks. So a
//! query either finds all the events that it relies on, or fails.
//!
//! ClickHouse acknowledges inserts before they are flushed to disk. So a restarted server may lack
//! what it received shortly before, and its state goes back to a block that was flushed with
//! certainty. Each run of a server has a number, kept in a table that is lost when the run ends.

use std::collections::HashMap;

use tokio_postgres::{Client, Transaction, types::ToSql};

use super::Nodes;
use crate::store::{
    error::StoreError,
    scaled::{
        clickhouse::Clickhouse,
        failure::{Failure, Result},
    },
};

/// Time after which an operating system has certainly written data to disk, in ms. Linux does so
/// after half a minute.
const FLUSHED_AFTER_MS: i64 = 10 * 60_000;

/// A query for the number of the current run of a server; 0 when it has none yet.
pub(super) const RUN: &str = "SELECT max(number) FROM runs";

/// The state of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::scaled) struct NodeState {
    /// A random name, from which the name of its table is made.
    pub(in crate::store::scaled) generation: String,
    /// The last block that it has; 0 for none.
    pub(in crate::store::scaled) shipped: i64,
    /// The last removal that was carried out on it; 0 for none.
    pub(in crate::store::scaled) removed: i64,
}

impl NodeState {
    /// The name of its table of events.
    pub(in crate::store::scaled) fn table(&self) -> String {
        table(&self.generation)
    }
}

/// The name of the table of events that belongs to a `generation`.
pub(super) fn table(generation: &str) -> String {
    format!("events_{generation}")
}

/// A name that no table had before.
fn new_generation() -> Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Records new nodes and returns their names. Events lie on the shard of their user, so a different
/// number of shards is refused.
pub(in crate::store::scaled) async fn register(
    tx: &Transaction<'_>,
    nodes: &Nodes,
) -> Result<std::result::Result<Vec<String>, StoreError>> {
    let rows = tx
        .query("SELECT name, shard, shards FROM nodes", &[])
        .await?;
    let known: HashMap<&str, i32> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let shards = i32::try_from(nodes.shards()).unwrap_or(i32::MAX);
    if let Some(of) = rows
        .iter()
        .map(|row| row.get::<_, i32>(2))
        .find(|of| *of != shards)
    {
        return Ok(Err(StoreError::Nodes(format!(
            "the events are spread over {of} shards; name as many, in their order, with | between the replicas of one"
        ))));
    }
    let mut added = Vec::new();
    for node in nodes.iter() {
        let (name, shard) = (node.server.name(), node.shard as i32);
        match known.get(name.as_str()) {
            Some(known) if *known == shard => {}
            Some(known) => {
                return Ok(Err(StoreError::Nodes(format!(
                    "{name} has shard {}, and stands for shard {} here; name the shards in their order",
                    known + 1,
                    shard + 1
                ))));
            }
            None => {
                tx.execute(
                    "INSERT INTO nodes (name, shard, shards, life) VALUES ($1, $2, $3, $4)",
                    &[&name, &shard, &shards, &new_generation()?],
                )
                .await?;
                added.push(name);
            }
        }
    }
    Ok(Ok(added))
}

/// The state of a node.
pub(in crate::store::scaled) async fn find(client: &Client, name: &str) -> Result<NodeState> {
    let sql = "SELECT life, shipped, removed FROM nodes WHERE name = $1";
    let found = client.query_opt(sql, &[&name]).await?;
    let row = found.ok_or_else(|| Failure::Damaged(format!("the node {name} is not known")))?;
    Ok(NodeState {
        generation: row.get(0),
        shipped: row.get(1),
        removed: row.get(2),
    })
}

/// Records that a table has all blocks up to one.
pub(in crate::store::scaled) async fn advance(
    client: &Client,
    name: &str,
    generation: &str,
    to: i64,
    now: i64,
) -> Result<()> {
    let sql = "UPDATE nodes SET shipped = $3,
            flushed = CASE WHEN marked_at < $4 THEN marked ELSE flushed END,
            marked = CASE WHEN marked_at < $4 THEN $3 ELSE marked END,
            marked_at = CASE WHEN marked_at < $4 THEN $5 ELSE marked_at END
        WHERE name = $1 AND life = $2 AND shipped < $3";
    let params: [&(dyn ToSql + Sync); 5] =
        [&name, &generation, &to, &(now - FLUSHED_AFTER_MS), &now];
    client.execute(sql, &params).await?;
    Ok(())
}

/// The number of the current run of a server. If the run has none yet, it gets one. A table of the
/// engine `Memory` is empty after each start.
pub(in crate::store::scaled) async fn run(server: &Clickhouse) -> Result<i64> {
    server
        .execute("CREATE TABLE IF NOT EXISTS runs (number Int64) ENGINE = Memory")
        .await?;
    let known = read_run(server).await?;
    if known != 0 {
        return Ok(known);
    }
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    let number = (i64::from_le_bytes(bytes) & i64::MAX).max(1);
    server
        .execute(&format!("INSERT INTO runs VALUES ({number})"))
        .await?;
    // Another collector may have inserted a number, too.
    read_run(server).await
}

async fn read_run(server: &Clickhouse) -> Result<i64> {
    let answer = server.execute(RUN).await?;
    let text = String::from_utf8_lossy(&answer);
    let number = text.trim().parse();
    number.map_err(|_| Failure::Clickhouse(format!("{text} is no number of a run")))
}

/// Records the run of a server. After a restart, the server may lack what it had not flushed.
pub(in crate::store::scaled) async fn record_run(
    client: &Client,
    name: &str,
    generation: &str,
    run: i64,
    now: i64,
) -> Result<()> {
    let sql = "UPDATE nodes SET run = $3, shipped = flushed, marked = flushed, marked_at = $4,
            removed = 0
        WHERE name = $1 AND life = $2 AND run IS DISTINCT FROM $3";
    let params: [&(dyn ToSql + Sync); 4] = [&name, &generation, &run, &now];
    client.execute(sql, &params).await?;
    Ok(())
}

/// Records that a table has been cleared of erased events, up to a removal.
pub(in crate::store::scaled) async fn has_removed(
    client: &Client,
    name: &str,
    generation: &str,
    to: i64,
    now: i64,
) -> Result<()> {
    let sql = "UPDATE nodes SET removed = $3, removed_at = $4
        WHERE name = $1 AND life = $2 AND removed < $3";
    client
        .execute(sql, &[&name, &generation, &to, &now])
        .await?;
    Ok(())
}

/// Deletes removals once no node has their events on disk any more. That includes nodes which are
/// not in use: they may be used again.
pub(in crate::store::scaled) async fn forget_removed(client: &Client, now: i64) -> Result<()> {
    let sql = "DELETE FROM removals WHERE no <= (
        SELECT MIN(removed) FROM nodes HAVING MAX(removed_at) < $1)";
    client.execute(sql, &[&(now - FLUSHED_AFTER_MS)]).await?;
    Ok(())
}

/// Records that a node has lost its data, if its table was the one of `generation`.
pub(in crate::store::scaled) async fn begin_again(
    client: &Client,
    name: &str,
    generation: &str,
) -> Result<()> {
    let sql = "UPDATE nodes SET life = $3, shipped = 0, marked = 0, flushed = 0, removed = 0
        WHERE name = $1 AND life = $2";
    client
        .execute(sql, &[&name, &generation, &new_generation()?])
        .await?;
    Ok(())
}
