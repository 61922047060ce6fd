//! Chooses the replica of each shard that a query uses.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use tokio_postgres::Row;

use super::{
    Node, Nodes,
    state::{RUN, table},
};
use crate::store::scaled::{
    failure::{Failure, Result},
    postgres::{Tx, query},
};

/// The chosen replica of a shard.
#[derive(Debug, Clone)]
pub(in crate::store::scaled) struct ChosenReplica {
    /// The node.
    pub(in crate::store::scaled) node: Arc<Node>,
    /// The name of its table of events.
    pub(in crate::store::scaled) table: String,
    /// The last block that it has; 0 for none.
    pub(in crate::store::scaled) block: i64,
    /// The transaction with which the next block begins.
    pub(in crate::store::scaled) from_tx: i64,
    /// The last removal that was carried out on it; 0 for none.
    pub(in crate::store::scaled) removed: i64,
    /// The number of the run of its server; `None` when no run was recorded.
    run: Option<i64>,
}

impl ChosenReplica {
    /// An SQL condition that fails the query if the server was restarted since: it may have lost
    /// rows that were not flushed.
    pub(in crate::store::scaled) fn is_same_run(&self) -> String {
        self.run.map_or_else(String::new, |run| {
            format!(" AND throwIf(({RUN}) != {run}) = 0")
        })
    }
}

/// Chooses for each shard the replica with the most blocks, avoiding those that failed a moment
/// ago. If all have failed, the one that failed first is chosen. Replicas are returned in the order
/// of their shards. A replica that lacks events which the inbox has dropped is not used.
pub(in crate::store::scaled) async fn choose(
    tx: &Tx<'_>,
    nodes: &Nodes,
) -> Result<Vec<ChosenReplica>> {
    let sql = "SELECT n.name, n.life, n.shipped, coalesce(b.to_tx, 0), n.removed, n.run
        FROM nodes n LEFT JOIN blocks b ON b.no = n.shipped
        WHERE n.name = ANY($1::text[]) AND n.shipped >= (SELECT dropped_up_to FROM inbox_state)";
    let rows = query(tx, sql, &[&nodes.names()]).await?;
    let rows_by_name: HashMap<&str, &Row> = rows.iter().map(|row| (row.get(0), row)).collect();
    let mut chosen: Vec<Option<ChosenReplica>> = vec![None; nodes.shards()];
    let rank = |node: &Node, block: i64| (Reverse(node.avoided_until()), block);
    for node in nodes.iter() {
        let name = node.server.name();
        let Some(row) = rows_by_name.get(name.as_str()) else {
            continue;
        };
        let block = row.get(2);
        let best = &mut chosen[node.shard];
        if best
            .as_ref()
            .is_none_or(|best| rank(&best.node, best.block) < rank(node, block))
        {
            *best = Some(ChosenReplica {
                node: Arc::clone(node),
                table: table(row.get(1)),
                block,
                from_tx: row.get(3),
                removed: row.get(4),
                run: row.get(5),
            });
        }
    }
    let all: Option<Vec<ChosenReplica>> = chosen.into_iter().collect();
    all.ok_or(Failure::Behind)
}
