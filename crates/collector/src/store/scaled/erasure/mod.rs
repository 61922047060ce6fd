//! Erases streams, single events, what a source sent, users and accounts for good: their
//! events, their records and their part of all figures.
//!
//! The inbox has no index by stream or user. So the events are found in a snapshot
//! (`search`), and the transaction that erases only looks at those that arrived since, while
//! no others are stored. What ClickHouse has is passed over from then on, and removed
//! later (`removals`).
//!
//! What forged events invented goes with them: users and accounts that nobody else has
//! named. What they said does, too (`said`), and what the identifications say that remain
//! takes its place (`remaining`). Users whom they have placed move to where others name
//! them (`homes`).
//!
//! **Invariant:** the list of erasures is never shortened. It refuses events that arrive
//! late.

mod concerned;
mod entities;
mod erase;
mod homes;
mod remaining;
mod remains;
mod said;
mod search;

use deadpool_postgres::Pool;

use super::{failure::Result, nodes::Nodes, postgres::snapshot};
use crate::{model::erasure::Erasure, store::removal::Erased};

/// Erases something, and answers what that has removed; `None` when it is unknown.
pub(super) async fn run(
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
