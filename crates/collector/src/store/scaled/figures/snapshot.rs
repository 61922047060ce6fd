//! What a question takes from PostgreSQL: one snapshot.

use std::collections::HashSet;

use crate::{
    model::rollup::FigureKind,
    store::scaled::{
        clickhouse::External,
        event_rows::{COLUMNS, PENDING, Shipped},
        failure::Result,
        hierarchy::{self, Node},
        postgres::{Tx, query, query_opt},
        row_binary::RowBinary,
    },
};

/// From so many accounts on, the events that are not shipped are read for all accounts.
const MANY_ACCOUNTS: usize = 1000;

/// The accounts of a question, and what ClickHouse does not have yet.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The last block that was shipped; 0 for none.
    pub(super) block: i64,
    /// The accounts, with whether usage counts at them.
    scope: Vec<Node>,
    /// The events that came after that block, in the format `RowBinary`.
    pending: Vec<u8>,
    /// The keys of shipped events that were released after it.
    freed: Vec<u8>,
}

impl Snapshot {
    /// Reads what a question about an account needs, in one transaction.
    pub(super) async fn read(tx: &Tx<'_>, account: i64, with_subtree: bool) -> Result<Self> {
        let scope = hierarchy::subtree(tx, account, with_subtree).await?;
        let sql =
            "SELECT no, to_tx FROM blocks WHERE shipped_at IS NOT NULL ORDER BY no DESC LIMIT 1";
        let shipped = query_opt(tx, sql, &[]).await?;
        let (block, from_tx): (i64, i64) = shipped.map_or((0, 0), |row| (row.get(0), row.get(1)));
        let accounts: Vec<&str> = scope.iter().map(|node| node.account_id.as_str()).collect();
        let named = (accounts.len() < MANY_ACCOUNTS).then_some(&accounts);
        const IS_NAMED: &str = "($2::text[] IS NULL OR e.account_id = ANY($2::text[]))";
        let sql = format!(
            "SELECT {COLUMNS}, EXISTS (
                 SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key)
             FROM events e WHERE e.tx >= $1 AND {IS_NAMED}"
        );
        let known: HashSet<&str> = accounts.iter().copied().collect();
        let mut pending = RowBinary::default();
        for row in query(tx, &sql, &[&from_tx, &named]).await? {
            let event = Shipped::read(&row);
            if known.contains(row.get::<_, &str>(1)) {
                let is_released: bool = row.get(13);
                event.write(&mut pending, event.was_set_aside() && !is_released);
            }
        }
        let sql = format!(
            "SELECT r.key FROM releases r JOIN events e ON e.day = r.day AND e.key = r.key
             WHERE r.tx >= $1 AND e.tx < $1 AND {IS_NAMED}"
        );
        let mut freed = RowBinary::default();
        for row in query(tx, &sql, &[&from_tx, &named]).await? {
            freed.bytes(row.get(0));
        }
        Ok(Snapshot {
            block,
            scope,
            pending: pending.finish(),
            freed: freed.finish(),
        })
    }

    /// The tables that go along with the question.
    pub(super) fn tables(&self) -> Vec<External> {
        let mut scope = RowBinary::default();
        for node in &self.scope {
            scope.text(&node.account_id);
            scope.flag(FigureKind::ProductUsage.is_captured(node.is_leaf));
        }
        vec![
            External {
                name: "scope",
                structure: "account_id String, captures UInt8",
                rows: scope.finish(),
            },
            External {
                name: "pending",
                structure: PENDING,
                rows: self.pending.clone(),
            },
            External {
                name: "freed",
                structure: "key FixedString(16)",
                rows: self.freed.clone(),
            },
        ]
    }
}
