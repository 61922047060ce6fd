//! Ships the inbox to ClickHouse in blocks.
//!
//! **Invariant:** a block is a range of transactions that have all ended. So it has the same rows
//! whenever it is read, and the next block begins where it ends. A block is recorded before it is
//! sent. For a node, it is recorded as shipped after the node has received all of it. If the
//! collector stops in between, the block is sent again by whichever collector ships then.
//!
//! Each node is shipped to independently. A node that is unreachable does not delay the others, and
//! catches up from the inbox.

mod blocks;
mod lag;
mod node;
mod partitions;

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Object, Pool};
use tokio::{sync::watch, task::JoinSet};
use tokio_postgres::Client;

pub(super) use lag::{freshness, watch_forever};
pub(super) use node::prepare;
pub(super) use partitions::create as create_partitions;

use super::{failure::Result, nodes::Nodes, postgres::Lock, removals::carry_out};
use crate::clock::now_ms;
use blocks::Reader;
use node::PAUSE;

/// Number of events from which on a block is made at once.
const ENOUGH_EVENTS: i64 = 10_000;

/// How long fewer events wait for more, which is the usual lag. Each block becomes a part, which
/// ClickHouse has to merge.
const PATIENCE: Duration = Duration::from_secs(2);

/// Interval between two checks of the inbox.
const INTERVAL: Duration = Duration::from_millis(200);

/// Interval between two checks for days without a partition.
const PARTITION_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Time until partitions are tried again after a conflict.
const PARTITION_PATIENCE: Duration = Duration::from_secs(10);

/// Ships blocks whenever this collector holds the shipper lock, until the task is aborted.
pub(super) async fn ship_forever(pool: Pool, nodes: Nodes) {
    loop {
        if let Err(cause) = ship_as_leader(&pool, &nodes).await {
            tracing::warn!(%cause, "events wait for ClickHouse");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Ships everything that has arrived, if no other collector is shipping. Returns whether it did. A
/// failing node does not keep the others from receiving everything.
pub(super) async fn ship_now(pool: &Pool, nodes: &Nodes) -> Result<bool> {
    // The lock belongs to the connection, and ends with it.
    let client = Object::take(pool.get().await?);
    if !lead(&client).await? {
        return Ok(false);
    }
    let reader = Reader::new(pool, nodes);
    loop {
        let is_recorded = blocks::record_next(&client, nodes, 1).await?;
        let mut failed = None;
        for node in nodes.iter() {
            let done = async {
                node::catch_up(pool, node, &reader).await?;
                carry_out::carry_out(pool, node).await
            };
            if let Err(failure) = done.await {
                failed = Some(failure);
            }
        }
        match failed {
            Some(failure) if !is_recorded => return Err(failure),
            None if !is_recorded => break,
            Some(_) | None => {}
        }
    }
    release(&client).await?;
    Ok(true)
}

async fn ship_as_leader(pool: &Pool, nodes: &Nodes) -> Result<()> {
    // The lock belongs to the connection, and ends with it.
    let client = Object::take(pool.get().await?);
    if !lead(&client).await? {
        return Ok(());
    }
    let reader = Arc::new(Reader::new(pool, nodes));
    let (new_block, receiver) = watch::channel(());
    // These tasks end with this function.
    let mut shipping = JoinSet::new();
    for node in nodes.iter() {
        shipping.spawn(node::ship_forever(
            pool.clone(),
            Arc::clone(node),
            Arc::clone(&reader),
            receiver.clone(),
        ));
        shipping.spawn(carry_out::carry_out_forever(pool.clone(), Arc::clone(node)));
    }
    record_while_leading(&client, nodes, &new_block).await
}

/// Records blocks, and notifies the tasks that ship them.
async fn record_while_leading(
    client: &Client,
    nodes: &Nodes,
    new_block: &watch::Sender<()>,
) -> Result<()> {
    let mut waited = Duration::ZERO;
    let mut until_partitions = Duration::ZERO;
    loop {
        if until_partitions.is_zero() {
            until_partitions = if create_partitions(client, now_ms()).await? {
                PARTITION_INTERVAL
            } else {
                PARTITION_PATIENCE
            };
        }
        let least = if waited < PATIENCE { ENOUGH_EVENTS } else { 1 };
        if blocks::record_next(client, nodes, least).await? {
            new_block.send_replace(());
            waited = Duration::ZERO;
            continue;
        }
        if waited >= PATIENCE {
            waited = Duration::ZERO;
        }
        tokio::time::sleep(INTERVAL).await;
        waited += INTERVAL;
        until_partitions = until_partitions.saturating_sub(INTERVAL);
    }
}

/// Takes the shipper lock if nobody holds it.
async fn lead(client: &Client) -> Result<bool> {
    let row = client
        .query_one(
            "SELECT pg_try_advisory_lock($1)",
            &[&Lock::Shipper.number()],
        )
        .await?;
    Ok(row.get(0))
}

async fn release(client: &Client) -> Result<()> {
    client
        .query_one("SELECT pg_advisory_unlock($1)", &[&Lock::Shipper.number()])
        .await?;
    Ok(())
}
