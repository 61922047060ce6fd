//! Ships to one node.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::Pool;
use tokio::sync::watch;

use super::blocks::Reader;
use crate::{
    clock::now_ms,
    store::scaled::{
        event_rows,
        failure::Result,
        nodes::{
            Node, copy,
            state::{self, NodeState},
        },
        retention,
    },
};

/// Interval between two attempts to take the shipper lock, and pause after a failure.
pub(super) const PAUSE: Duration = Duration::from_secs(2);

/// Interval between two checks whether an idle node still has its table.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Ships to a node, until the task is aborted. `new_block` changes with every block.
pub(super) async fn ship_forever(
    pool: Pool,
    node: Arc<Node>,
    reader: Arc<Reader>,
    mut new_block: watch::Receiver<()>,
) {
    let mut is_failing = false;
    loop {
        new_block.borrow_and_update();
        match catch_up(&pool, &node, &reader).await {
            Ok(()) => {
                if std::mem::take(&mut is_failing) {
                    tracing::info!(node = node.server.name(), "a node of ClickHouse is back");
                }
                let _ = tokio::time::timeout(POLL_INTERVAL, new_block.changed()).await;
            }
            Err(cause) => {
                if !std::mem::replace(&mut is_failing, true) {
                    tracing::warn!(%cause, "events wait for a node of ClickHouse");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Ships to a node all blocks that it lacks.
pub(super) async fn catch_up(pool: &Pool, node: &Node, reader: &Reader) -> Result<()> {
    let name = node.server.name();
    let mut state = prepare(pool, node).await?;
    if state.shipped < retention::dropped_up_to(&*pool.get().await?).await? {
        state = copy::fill(pool, reader.nodes(), node, state).await?;
    }
    while let Some(blocks) = reader.next(state.shipped).await? {
        let rows = blocks.of_shard(node.shard);
        if !rows.is_empty() {
            node.server.insert(&state.table(), rows).await?;
        }
        let client = pool.get().await?;
        state::advance(&client, &name, &state.generation, blocks.to, now_ms()).await?;
        state.shipped = blocks.to;
    }
    Ok(())
}

/// Creates what a node lacks, and returns its state.
pub(in crate::store::scaled) async fn prepare(pool: &Pool, node: &Node) -> Result<NodeState> {
    let (server, name) = (&node.server, node.server.name());
    server.create_database().await?;
    let run = state::run(server).await?;
    let state = {
        let client = pool.get().await?;
        let known = state::find(&client, &name).await?;
        state::record_run(&client, &name, &known.generation, run, now_ms()).await?;
        state::find(&client, &name).await?
    };
    let table = state.table();
    if state.shipped == 0 {
        event_rows::create_table(server, &table).await?;
        return Ok(state);
    }
    let answer = server.execute(&format!("EXISTS TABLE {table}")).await?;
    if answer.trim_ascii() == b"1" {
        return Ok(state);
    }
    tracing::warn!(
        node = name,
        "a node of ClickHouse has lost its data, and is shipped anew"
    );
    let client = pool.get().await?;
    state::begin_again(&client, &name, &state.generation).await?;
    let state = state::find(&client, &name).await?;
    event_rows::create_table(server, &state.table()).await?;
    Ok(state)
}
