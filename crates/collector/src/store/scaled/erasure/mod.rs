//! Permanently erases streams, single events, everything that a source sent, users and accounts:
//! their events, their records and their part of all figures.
//!
//! The inbox has no index by stream or user. Therefore the events are first found in a snapshot
//! (`search`). The transaction that erases only searches the events that arrived since, and keeps
//! others from being stored meanwhile. Queries skip erased events in ClickHouse from then on, and
//! they are removed from there later (`removals`).
//!
//! What forged events created is erased with them: users and accounts that nothing else has named,
//! and the details that they said (`identified_fields`). The remaining identifications replace those
//! details (`remaining`). Users whom the erased events had placed move to the accounts that other
//! events name (`membership`).
//!
//! **Invariant:** the list of erasures is never shortened. Late events are refused because of it.

mod concerned;
mod entities;
mod erase;
mod identified_fields;
mod membership;
mod remaining;
mod remains;
mod search;

use deadpool_postgres::Pool;

use super::{failure::Result, nodes::Nodes, postgres::snapshot, retry::retried};
use crate::{model::erasure::Erasure, store::removal::Erased};

/// Erases something and returns what was removed; `None` when it is unknown.
pub(super) async fn run(
    pool: &Pool,
    nodes: &Nodes,
    erasure: &Erasure,
    now: i64,
) -> Result<Option<Erased>> {
    retried(|| run_once(pool, nodes, erasure, now)).await
}

async fn run_once(
    pool: &Pool,
    nodes: &Nodes,
    erasure: &Erasure,
    now: i64,
) -> Result<Option<Erased>> {
    let mut client = pool.get().await?;
    let mut attempts = nodes.attempts();
    let found = loop {
        let tx = snapshot(&mut client).await?;
        attempts -= 1;
        match search::find(&tx, nodes, erasure).await {
            // Another replica may answer.
            Err(failure) if failure.is_of_node() && attempts > 0 => {}
            found => break found?,
        }
    };
    let tx = client.transaction().await?;
    let erased = erase::erase(&tx, erasure, found, now).await?;
    tx.commit().await?;
    Ok(erased)
}
