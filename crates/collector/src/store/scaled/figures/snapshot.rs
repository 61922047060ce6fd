//! The snapshot that a query takes from PostgreSQL.

use std::{collections::HashSet, sync::Arc};

use tokio::task::JoinSet;

use super::answer::Answer;
use crate::{
    model::{quarter::QUARTER_MS, rollup::FigureKind},
    store::scaled::{
        clickhouse::External,
        event_rows::{COLUMNS, PENDING, ShippedEvent},
        failure::{Failure, Result},
        hierarchy::Node,
        nodes::{
            Nodes,
            choice::{self, ChosenReplica},
        },
        postgres::{IS_LATER, Tx, query},
        removals::{self, Removal},
        retention,
        row_binary::RowBinary,
    },
};

/// How long the transaction may be idle: slightly longer than ClickHouse may take to answer. It
/// writes nothing, so it does not keep blocks from being shipped.
const IDLE_LIMIT: &str = "SET LOCAL idle_in_transaction_session_timeout = '150s'";

/// From this number of accounts on, pending events are read for all accounts.
const MANY_ACCOUNTS: usize = 1000;

/// Maximum number of pending events that are sent along with a query. Queries are refused while
/// ClickHouse lacks more, for example while a node without another replica is filled again.
const MOST_PENDING: usize = 1_000_000;

/// The accounts of a query, and what ClickHouse does not have yet.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The accounts, with whether usage is counted for them.
    scope: Vec<Node>,
    shards: Vec<Shard>,
}

/// A shard in the state in which a query uses it.
#[derive(Debug)]
pub(super) struct Shard {
    chosen: ChosenReplica,
    /// The time before which the inbox has dropped events.
    dropped_before: i64,
    /// The events of its users after its last block, in the format `RowBinary`.
    pending: RowBinary,
    /// The keys of its events that were released after that block.
    freed: RowBinary,
    /// Erasures whose events its table may still contain.
    removals: Vec<Removal>,
    /// The keys of events in its table that had been dropped, and are pending a second time.
    again: Vec<u8>,
}

impl Shard {
    /// The name of its table of events.
    pub(super) fn table(&self) -> &str {
        &self.chosen.table
    }

    /// The last block that was shipped to it; 0 for none.
    pub(super) fn block(&self) -> i64 {
        self.chosen.block
    }

    /// SQL for the time at which an event counts: before `dropped_before`, the beginning of its
    /// quarter of an hour.
    pub(super) fn counted_at(&self) -> String {
        let before = self.dropped_before;
        if before == 0 {
            return "created_at".to_owned();
        }
        format!("if(created_at < {before}, created_at - created_at % {QUARTER_MS}, created_at)")
    }

    /// SQL conditions that exclude rows of its table: erased events, and events that are pending a
    /// second time. They fail the query if the server was restarted and may lack rows.
    pub(super) fn passed_over(&self) -> String {
        let mut conditions = self.chosen.is_same_run();
        for removal in self.removals.iter().chain(self.came_again().as_ref()) {
            conditions += " AND NOT ";
            conditions += &removal.condition("gone");
        }
        conditions
    }

    /// The events that are pending a second time, treated as if they were erased.
    fn came_again(&self) -> Option<Removal> {
        (!self.again.is_empty()).then(|| Removal {
            up_to: self.chosen.block,
            keys: self.again.clone(),
            ..Removal::default()
        })
    }
}

impl Snapshot {
    /// Reads what a query about some accounts needs, in one transaction.
    pub(super) async fn read(tx: &Tx<'_>, nodes: &Nodes, scope: Vec<Node>) -> Result<Self> {
        tx.batch_execute(IDLE_LIMIT).await?;
        let chosen = choice::choose(tx, nodes).await?;
        let removed = chosen.iter().map(|chosen| chosen.removed).min();
        let removals = removals::after(tx, removed.unwrap_or(0)).await?;
        let dropped_before = retention::dropped_before(tx).await?;
        let mut snapshot = Snapshot {
            scope,
            shards: chosen
                .into_iter()
                .map(|chosen| Shard {
                    removals: removals
                        .iter()
                        .filter(|removal| removal.no > chosen.removed)
                        .cloned()
                        .collect(),
                    chosen,
                    dropped_before,
                    pending: RowBinary::default(),
                    freed: RowBinary::default(),
                    again: Vec::new(),
                })
                .collect(),
        };
        snapshot.read_pending(tx, nodes).await?;
        Ok(snapshot)
    }

    /// Reads what the shards do not have yet, which depends on how much was shipped to the chosen
    /// replica.
    async fn read_pending(&mut self, tx: &Tx<'_>, nodes: &Nodes) -> Result<()> {
        let accounts: Vec<&str> = self
            .scope
            .iter()
            .map(|node| node.account_id.as_str())
            .collect();
        let named = (accounts.len() < MANY_ACCOUNTS).then_some(&accounts);
        let known: HashSet<&str> = accounts.iter().copied().collect();
        let from_tx = self.shards.iter().map(|shard| shard.chosen.from_tx).min();
        let from_tx = from_tx.unwrap_or(0);
        // With `= ANY`, each row would be compared with each account.
        const IS_NAMED: &str = "($2::text[] IS NULL
            OR e.account_id IN (SELECT unnest($2::text[])))";
        let sql = format!(
            "SELECT {COLUMNS}, EXISTS (
                 SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key), e.tx
             FROM events e WHERE {IS_LATER} AND {IS_NAMED} LIMIT {}",
            MOST_PENDING + 1
        );
        let rows = query(tx, &sql, &[&from_tx, &named]).await?;
        if rows.len() > MOST_PENDING {
            return Err(Failure::Behind);
        }
        for row in &rows {
            let event = ShippedEvent::read(row);
            let shard = &mut self.shards[nodes.shard_of(event.user_id())];
            if row.get::<_, i64>(14) >= shard.chosen.from_tx
                && known.contains(row.get::<_, &str>(1))
            {
                let is_released: bool = row.get(13);
                event.write(&mut shard.pending, event.was_set_aside() && !is_released);
                if event.created_at() < shard.dropped_before {
                    shard.again.extend_from_slice(event.key());
                }
            }
        }
        let sql = format!(
            "SELECT r.key, e.user_id, r.tx, e.tx FROM releases r
                 JOIN releasable e ON e.day = r.day AND e.key = r.key
             WHERE r.tx >= $1 AND {IS_NAMED}"
        );
        for row in query(tx, &sql, &[&from_tx, &named]).await? {
            let shard = &mut self.shards[nodes.shard_of(row.get(1))];
            let from_tx = shard.chosen.from_tx;
            if row.get::<_, i64>(2) >= from_tx && row.get::<_, i64>(3) < from_tx {
                shard.freed.bytes(row.get(0));
            }
        }
        Ok(())
    }

    /// Queries every shard, with the tables of the snapshot and `more`. `sql` makes the statement
    /// for a shard.
    pub(super) async fn ask(
        &self,
        sql: impl Fn(&Shard) -> String,
        more: &[External],
    ) -> Result<Vec<Answer>> {
        let answers = self.answers(sql, more).await?;
        answers.iter().map(|answer| Answer::read(answer)).collect()
    }

    /// The answers of all shards.
    pub(super) async fn answers(
        &self,
        sql: impl Fn(&Shard) -> String,
        more: &[External],
    ) -> Result<Vec<Vec<u8>>> {
        let mut queries = JoinSet::new();
        for shard in &self.shards {
            let (node, sql) = (Arc::clone(&shard.chosen.node), sql(shard));
            let mut tables = self.tables(shard);
            tables.extend_from_slice(more);
            queries.spawn(async move { node.ask(&sql, &tables).await });
        }
        let mut answers = Vec::with_capacity(self.shards.len());
        while let Some(answer) = queries.join_next().await {
            answers.push(answer.map_err(|cause| Failure::Clickhouse(cause.to_string()))??);
        }
        Ok(answers)
    }

    /// The external tables that are sent along with a query to a shard.
    fn tables(&self, shard: &Shard) -> Vec<External> {
        let mut scope = RowBinary::default();
        for node in &self.scope {
            scope.text(&node.account_id);
            scope.flag(FigureKind::ProductUsage.is_captured(node.is_leaf));
        }
        let mut gone = RowBinary::default();
        for removal in shard.removals.iter().chain(shard.came_again().as_ref()) {
            removal.write(&mut gone);
        }
        vec![
            External {
                name: "gone",
                structure: removals::STRUCTURE,
                rows: gone.finish(),
            },
            External {
                name: "scope",
                structure: "account_id String, captures UInt8",
                rows: scope.finish(),
            },
            External {
                name: "pending",
                structure: PENDING,
                rows: shard.pending.clone().finish(),
            },
            External {
                name: "freed",
                structure: "key FixedString(16)",
                rows: shard.freed.clone().finish(),
            },
        ]
    }
}
