//! What PostgreSQL knows of the nodes of ClickHouse: which shard each has, the name of
//! its table, and how far it was shipped to.
//!
//! **Invariant:** a table of a node has all blocks up to the one that is noted here. A
//! node without that table has lost its data: it gets a table of another name, which
//! begins with no block. So a question meets all that it counts on, or fails.
//!
//! ClickHouse acknowledges what it has not flushed. So a server that was started again may
//! lack what it got shortly before, and goes back to the block that was flushed for certain.
//! Each run of a server has a number, in a table that ends with it.

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

/// After so long an operating system has written to disk what it was given, in ms: Linux
/// does after half a minute.
const FLUSHED_AFTER_MS: i64 = 10 * 60_000;

/// The number of the run of a server of ClickHouse; 0 where nobody has given it one.
pub(super) const RUN: &str = "SELECT max(number) FROM runs";

/// Where a node stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store::scaled) struct Standing {
    /// What its table is named after.
    pub(in crate::store::scaled) life: String,
    /// The last block that it has; 0 for none.
    pub(in crate::store::scaled) shipped: i64,
    /// The last removal that it has had; 0 for none.
    pub(in crate::store::scaled) removed: i64,
}

impl Standing {
    /// The name of its table of events.
    pub(in crate::store::scaled) fn table(&self) -> String {
        table(&self.life)
    }
}

/// The name of the table of events of a life.
pub(super) fn table(life: &str) -> String {
    format!("events_{life}")
}

/// A name that no table had before.
fn new_life() -> Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Notes the nodes that are new, and returns their names. Events lie on the shard of
/// their user, so nodes of another number of shards are refused.
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
                    &[&name, &shard, &shards, &new_life()?],
                )
                .await?;
                added.push(name);
            }
        }
    }
    Ok(Ok(added))
}

/// Where a node stands.
pub(in crate::store::scaled) async fn find(client: &Client, name: &str) -> Result<Standing> {
    let sql = "SELECT life, shipped, removed FROM nodes WHERE name = $1";
    let found = client.query_opt(sql, &[&name]).await?;
    let row = found.ok_or_else(|| Failure::Damaged(format!("the node {name} is not known")))?;
    Ok(Standing {
        life: row.get(0),
        shipped: row.get(1),
        removed: row.get(2),
    })
}

/// Notes that a table has all blocks up to one.
pub(in crate::store::scaled) async fn advance(
    client: &Client,
    name: &str,
    life: &str,
    to: i64,
    now: i64,
) -> Result<()> {
    let sql = "UPDATE nodes SET shipped = $3,
            flushed = CASE WHEN marked_at < $4 THEN marked ELSE flushed END,
            marked = CASE WHEN marked_at < $4 THEN $3 ELSE marked END,
            marked_at = CASE WHEN marked_at < $4 THEN $5 ELSE marked_at END
        WHERE name = $1 AND life = $2 AND shipped < $3";
    let params: [&(dyn ToSql + Sync); 5] = [&name, &life, &to, &(now - FLUSHED_AFTER_MS), &now];
    client.execute(sql, &params).await?;
    Ok(())
}

/// The number of the run of a server, which gets one where it has none yet. A table of the
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
    // Another collector may have given it one, too.
    read_run(server).await
}

async fn read_run(server: &Clickhouse) -> Result<i64> {
    let answer = server.execute(RUN).await?;
    let text = String::from_utf8_lossy(&answer);
    let number = text.trim().parse();
    number.map_err(|_| Failure::Clickhouse(format!("{text} is no number of a run")))
}

/// Notes the run of a server. One that was started again may lack what it had not flushed.
pub(in crate::store::scaled) async fn note_run(
    client: &Client,
    name: &str,
    life: &str,
    run: i64,
    now: i64,
) -> Result<()> {
    let sql = "UPDATE nodes SET run = $3, shipped = flushed, marked = flushed, marked_at = $4,
            removed = 0
        WHERE name = $1 AND life = $2 AND run IS DISTINCT FROM $3";
    let params: [&(dyn ToSql + Sync); 4] = [&name, &life, &run, &now];
    client.execute(sql, &params).await?;
    Ok(())
}

/// Notes that a table has nothing of what was erased, up to a removal.
pub(in crate::store::scaled) async fn has_removed(
    client: &Client,
    name: &str,
    life: &str,
    to: i64,
    now: i64,
) -> Result<()> {
    let sql = "UPDATE nodes SET removed = $3, removed_at = $4
        WHERE name = $1 AND life = $2 AND removed < $3";
    client.execute(sql, &[&name, &life, &to, &now]).await?;
    Ok(())
}

/// Forgets what was erased, once no node has any of it on its disk. A node that is not in
/// use has to have none of it either, before it is used again.
pub(in crate::store::scaled) async fn forget_removed(client: &Client, now: i64) -> Result<()> {
    let sql = "DELETE FROM removals WHERE no <= (
        SELECT MIN(removed) FROM nodes HAVING MAX(removed_at) < $1)";
    client.execute(sql, &[&(now - FLUSHED_AFTER_MS)]).await?;
    Ok(())
}

/// Notes that a node has lost its data, if it had the table of `life`.
pub(in crate::store::scaled) async fn begin_again(
    client: &Client,
    name: &str,
    life: &str,
) -> Result<()> {
    let sql = "UPDATE nodes SET life = $3, shipped = 0, marked = 0, flushed = 0, removed = 0
        WHERE name = $1 AND life = $2";
    client.execute(sql, &[&name, &life, &new_life()?]).await?;
    Ok(())
}
