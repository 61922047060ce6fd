//! Deletes erased events from the tables of nodes.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::Pool;
use tokio_postgres::Client;

use super::{COLUMNS, Removal, STRUCTURE};
use crate::{
    clock::now_ms,
    store::scaled::{
        failure::{Failure, Result},
        nodes::{
            Node,
            state::{self, NodeState},
        },
        row_binary::RowBinary,
    },
};

/// Interval between two checks for erasures.
const INTERVAL: Duration = Duration::from_secs(2);

/// Interval between two checks whether ClickHouse has finished rewriting a table.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Carries out erasures on a node, until the task is aborted.
pub(in crate::store::scaled) async fn carry_out_forever(pool: Pool, node: Arc<Node>) {
    let mut is_failing = false;
    loop {
        match carry_out(&pool, &node).await {
            Ok(()) => is_failing = false,
            Err(cause) => {
                // The task that ships to the node reports when it is unreachable.
                if !cause.is_of_node() && !std::mem::replace(&mut is_failing, true) {
                    tracing::warn!(%cause, "a node of ClickHouse still has what was erased");
                }
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Deletes the events of new erasures from the table of a node.
pub(in crate::store::scaled) async fn carry_out(pool: &Pool, node: &Node) -> Result<()> {
    let name = node.server.name();
    let (state, removals) = {
        let client = pool.get().await?;
        let state = state::find(&client, &name).await?;
        (state.clone(), ready(&client, &state).await?)
    };
    let Some(last) = removals.last() else {
        return state::forget_removed(&*pool.get().await?, now_ms()).await;
    };
    let (table, erased) = (state.table(), format!("erased_{}", state.generation));
    let server = &node.server;
    server
        .execute(&format!(
            "CREATE TABLE IF NOT EXISTS {erased} ({STRUCTURE})
             ENGINE = MergeTree() ORDER BY (removal, kind, value)"
        ))
        .await?;
    let mut rows = RowBinary::default();
    removals.iter().for_each(|removal| removal.write(&mut rows));
    server.insert(&erased, rows.finish().into()).await?;
    let conditions: Vec<String> = removals
        .iter()
        .map(|removal| removal.condition(&erased))
        .collect();
    let sql = format!(
        "ALTER TABLE {table} DELETE WHERE {}",
        conditions.join(" OR ")
    );
    server.execute(&sql).await?;
    let unfinished = format!(
        "SELECT count() FROM system.mutations
         WHERE database = currentDatabase() AND table = '{table}' AND is_done = 0"
    );
    while is_positive(&server.execute(&unfinished).await?)? {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let client = pool.get().await?;
    state::has_removed(&client, &name, &state.generation, last.no, now_ms()).await?;
    server
        .execute(&format!("DROP TABLE IF EXISTS {erased}"))
        .await?;
    Ok(())
}

/// The erasures that are still to be carried out on a node. All blocks that may contain their
/// events have been shipped to it.
async fn ready(client: &Client, state: &NodeState) -> Result<Vec<Removal>> {
    let sql = format!("SELECT {COLUMNS} FROM removals WHERE no > $1 ORDER BY no");
    let rows = client.query(&sql, &[&state.removed]).await?;
    Ok(rows
        .iter()
        .map(Removal::read)
        .take_while(|removal| removal.up_to <= state.shipped)
        .collect())
}

fn is_positive(answer: &[u8]) -> Result<bool> {
    let text = String::from_utf8_lossy(answer);
    let number: u64 = text
        .trim()
        .parse()
        .map_err(|_| Failure::Clickhouse(format!("{text} is no number")))?;
    Ok(number > 0)
}
