//! Erasures that ClickHouse still has to carry out.
//!
//! **Invariant:** an erasure deletes events from the inbox. In the same transaction, it records
//! what nodes may still have, and up to which block; queries skip these events from then on. Once
//! the table of a node has been rewritten without them, this is recorded for the node. A removal
//! that has been carried out on all nodes is deleted.

pub(super) mod carry_out;

use tokio_postgres::Row;

use super::{
    failure::Result,
    postgres::{Tx, execute, query, query_one},
    row_binary::RowBinary,
};

/// The columns of a table of erased things. `kind` is 0 for the key of an event, 1 for the id of a
/// user, 2 for the id of an account.
pub(super) const STRUCTURE: &str = "removal UInt64, kind UInt8, value String";

const KEY: u8 = 0;
const USER: u8 = 1;
const ACCOUNT: u8 = 2;

/// What one erasure removes from ClickHouse.
#[derive(Debug, Clone, Default)]
pub(super) struct Removal {
    /// Its number.
    pub(super) no: i64,
    /// The last block that may contain some of it.
    pub(super) up_to: i64,
    /// Keys of events, sixteen bytes each.
    pub(super) keys: Vec<u8>,
    /// Users whose events are all removed.
    pub(super) users: Vec<String>,
    /// Accounts whose events are all removed.
    pub(super) accounts: Vec<String>,
}

/// Columns from which [`Removal::read`] reads a removal.
const COLUMNS: &str = "no, up_to, keys, users, accounts";

impl Removal {
    fn read(row: &Row) -> Self {
        Removal {
            no: row.get(0),
            up_to: row.get(1),
            keys: row.get(2),
            users: row.get(3),
            accounts: row.get(4),
        }
    }

    /// Whether it removes nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.users.is_empty() && self.accounts.is_empty()
    }

    /// Writes what it removes, as rows of [`STRUCTURE`].
    pub(super) fn write(&self, rows: &mut RowBinary) {
        let no = u64::try_from(self.no).unwrap_or_default();
        let mut add = |kind: u8, value: &[u8]| {
            rows.number(no);
            rows.bytes(&[kind]);
            rows.blob(value);
        };
        self.keys.chunks(16).for_each(|key| add(KEY, key));
        self.users
            .iter()
            .for_each(|user| add(USER, user.as_bytes()));
        self.accounts
            .iter()
            .for_each(|account| add(ACCOUNT, account.as_bytes()));
    }

    /// An SQL condition for the rows that it removes. `table` is a table with its [`STRUCTURE`]
    /// rows.
    pub(super) fn condition(&self, table: &str) -> String {
        let (no, up_to) = (self.no, self.up_to);
        let of = |kind: u8| format!("FROM {table} WHERE removal = {no} AND kind = {kind}");
        let mut any = Vec::new();
        if !self.keys.is_empty() {
            any.push(format!(
                "key IN (SELECT toFixedString(value, 16) {})",
                of(KEY)
            ));
        }
        if !self.users.is_empty() {
            any.push(format!("user_id IN (SELECT value {})", of(USER)));
        }
        if !self.accounts.is_empty() {
            any.push(format!("account_id IN (SELECT value {})", of(ACCOUNT)));
        }
        format!("(block <= {up_to} AND ({}))", any.join(" OR "))
    }
}

/// Records what an erasure removes from ClickHouse. Blocks that are recorded later are read after
/// this transaction, so they do not contain it.
pub(super) async fn insert(tx: &Tx<'_>, removal: &Removal) -> Result<()> {
    if removal.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE inbox_state SET erasures = erasures + 1";
    execute(tx, sql, &[]).await?;
    // Recording a block waits for the end of this transaction.
    execute(tx, "LOCK TABLE blocks IN SHARE MODE", &[]).await?;
    let sql = "SELECT coalesce(MAX(no), 0) FROM blocks";
    let up_to: i64 = query_one(tx, sql, &[]).await?.get(0);
    let sql = "INSERT INTO removals (up_to, keys, users, accounts) VALUES ($1, $2, $3, $4)";
    let (keys, users, accounts) = (&removal.keys, &removal.users, &removal.accounts);
    execute(tx, sql, &[&up_to, keys, users, accounts]).await?;
    Ok(())
}

/// Number of erasures so far.
pub(super) async fn count(tx: &Tx<'_>) -> Result<i64> {
    let row = query_one(tx, "SELECT erasures FROM inbox_state", &[]).await?;
    Ok(row.get(0))
}

/// The removals after the one with a number.
pub(super) async fn after(tx: &Tx<'_>, no: i64) -> Result<Vec<Removal>> {
    let sql = format!("SELECT {COLUMNS} FROM removals WHERE no > $1 ORDER BY no");
    let rows = query(tx, &sql, &[&no]).await?;
    Ok(rows.iter().map(Removal::read).collect())
}
