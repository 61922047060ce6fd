//! Copies events that a node lacks, and that the inbox has dropped, from another replica of its
//! shard.

use deadpool_postgres::Pool;

use super::{
    Node, Nodes,
    state::{self, NodeState},
};
use crate::{
    clock::now_ms,
    store::scaled::{
        failure::{Failure, Result},
        retention,
    },
};

/// Approximate number of rows that are copied at a time.
const ROWS: u64 = 200_000;

/// Fills the table of a node from a replica that has all events that the inbox has dropped. Returns
/// the new state of the node.
pub(in crate::store::scaled) async fn fill(
    pool: &Pool,
    nodes: &Nodes,
    node: &Node,
    state: NodeState,
) -> Result<NodeState> {
    let name = node.server.name();
    let mut from: Option<(&Node, NodeState)> = None;
    {
        let client = pool.get().await?;
        let dropped = retention::dropped_up_to(&client).await?;
        let others = nodes.iter().filter(|other| other.shard == node.shard);
        for other in others.filter(|other| other.server.name() != name) {
            let found = state::find(&client, &other.server.name()).await?;
            let has_more = from
                .as_ref()
                .is_none_or(|(_, best)| best.shipped < found.shipped);
            if found.shipped >= dropped && has_more {
                from = Some((other, found));
            }
        }
    }
    let Some((source, has)) = from else {
        return Err(Failure::Lost {
            name,
            cause: "--keep-raw has dropped the events, and no other replica has the figures; \
                name one, or restore the node"
                .to_owned(),
        });
    };
    let (from, to) = (has.table(), state.table());
    let answer = source
        .server
        .execute(&format!("SELECT count() FROM {from}"))
        .await?;
    let rows: u64 = String::from_utf8_lossy(&answer).trim().parse().unwrap_or(0);
    let parts = rows / ROWS + 1;
    for part in 0..parts {
        let sql = format!(
            "SELECT * FROM {from} WHERE block <= {} AND cityHash64(key) % {parts} = {part}
             FORMAT RowBinary",
            has.shipped
        );
        let rows = source.server.execute(&sql).await?;
        if !rows.is_empty() {
            node.server.insert(&to, rows.into()).await?;
        }
    }
    let client = pool.get().await?;
    state::advance(&client, &name, &state.generation, has.shipped, now_ms()).await?;
    Ok(NodeState {
        shipped: has.shipped,
        ..state
    })
}
