//! Segments: the rows that store the facts of an account.
//!
//! An account has a few segments, each with two blobs of facts. New facts are merged with the
//! newest segments unless these are much larger. So the sizes of an account's segments decrease
//! like powers of two: a fact is rewritten a dozen times in its life, and a query reads a handful
//! of rows for each account.
//!
//! **Invariant:** facts are written in the same transaction as the events that they sum up.
//!
//! **Invariant:** the facts of an account sum up only its own events; queries apply the tree. So
//! moving a subtree of a hundred thousand accounts, or giving a leaf a child, changes no fact.

use std::{collections::BTreeMap, ops::Range};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    fact_blob::{self, DamagedBlob},
    facts::{self, Fact},
    rows::{AccountRow, UserRow},
    usage_changes,
};

/// A segment with this many facts is never merged again. It has some 500 KB, and rewriting it would
/// block the writer for tens of ms.
const FULL: i64 = 65_536;

/// All quarters of an hour.
pub(super) const ALL_QUARTERS: Range<u32> = 0..u32::MAX;

/// A part of the facts of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    /// The account.
    pub account: AccountRow,
    /// Whether the part belongs to users of other accounts, so that it does not count.
    pub is_set_aside: bool,
}

/// New facts by part.
#[derive(Debug, Default)]
pub(super) struct NewFacts(BTreeMap<Part, Vec<Fact>>);

impl NewFacts {
    pub(super) fn add(&mut self, part: Part, fact: Fact) {
        self.0.entry(part).or_default().push(fact);
    }

    pub(super) fn write(self, tx: &Transaction<'_>, table: Table) -> rusqlite::Result<()> {
        let quarters = self.0.values().flatten().map(|fact| fact.key.quarter);
        if table == Table::Stored
            && let Some(first) = quarters.min()
        {
            usage_changes::record(tx, first)?;
        }
        for (part, facts) in self.0 {
            append(tx, table, part, facts)?;
        }
        Ok(())
    }
}

/// A table of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// The stored segments.
    Stored,
    /// A temporary table of segments computed from all events.
    Rebuilt,
    /// A temporary table with the segments as of the comparison.
    Compared,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Stored => "usage_segments",
            Table::Rebuilt => "temp.rebuilt_segments",
            Table::Compared => "temp.compared_segments",
        }
    }
}

/// The columns of such a table. Groups come first: a query that only needs groups does not touch
/// the pages of the facts.
pub(super) const COLUMNS: &str = "
    id            INTEGER PRIMARY KEY,
    account_no    INTEGER NOT NULL,
    is_set_aside  INTEGER NOT NULL,
    first_quarter INTEGER NOT NULL,         -- quarters of an hour since the Unix epoch
    last_quarter  INTEGER NOT NULL,
    facts         INTEGER NOT NULL,
    events        INTEGER NOT NULL,
    groups        BLOB    NOT NULL,         -- see fact_blob.rs
    data          BLOB    NOT NULL          -- the facts of the groups
";

/// Creates the table of the stored segments, and the table of their changes.
pub(super) fn create(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    usage_changes::create(tx)?;
    tx.execute_batch(&format!(
        "CREATE TABLE usage_segments (
             {COLUMNS}, FOREIGN KEY (account_no) REFERENCES accounts (no)
         ) STRICT;
         CREATE INDEX segments_by_account ON usage_segments (account_no, is_set_aside, id);"
    ))
}

/// Adds facts to an account. The caller must record the change in `usage_changes`.
fn append(
    tx: &Transaction<'_>,
    table: Table,
    part: Part,
    mut new: Vec<Fact>,
) -> rusqlite::Result<()> {
    facts::compact(&mut new);
    let name = table.name();
    let mut newest = tx.prepare_cached(&format!(
        "SELECT id, facts, CASE WHEN facts < ?3 AND facts <= ?4 THEN data END, groups FROM {name}
         WHERE account_no = ?1 AND is_set_aside = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?5"
    ))?;
    let mut merged_ids: Vec<i64> = Vec::new();
    loop {
        let most = 2 * new.len() as i64;
        let found = newest
            .query_row(
                params![
                    part.account,
                    part.is_set_aside,
                    FULL,
                    most,
                    merged_ids.len() as i64
                ],
                |row| {
                    let Some(data) = row.get_ref(2)?.as_blob_or_null()? else {
                        return Ok(None);
                    };
                    let mut merged = Vec::with_capacity(row.get::<_, i64>(1)? as usize + new.len());
                    let groups = row.get_ref(3)?.as_blob()?;
                    fact_blob::decode(groups, data, ALL_QUARTERS, |fact| merged.push(*fact))
                        .map_err(damaged)?;
                    Ok(Some((row.get(0)?, merged)))
                },
            )
            .optional()?
            .flatten();
        let Some((id, mut merged)) = found else { break };
        merged_ids.push(id);
        merged.append(&mut new);
        facts::compact(&mut merged);
        new = merged;
    }
    // The oldest of the merged segments is overwritten, so neither its position nor the index
    // changes.
    let kept = merged_ids.pop();
    let mut delete = tx.prepare_cached(&format!("DELETE FROM {name} WHERE id = ?1"))?;
    for id in merged_ids {
        delete.execute([id])?;
    }
    write(tx, table, part, &new, kept)
}

/// Inserts a segment. Its facts must be sorted and merged.
pub(super) fn insert(
    tx: &Transaction<'_>,
    table: Table,
    part: Part,
    facts: &[Fact],
) -> rusqlite::Result<()> {
    write(tx, table, part, facts, None)
}

/// Writes a segment, overwriting the one with the id `place` if that is given.
fn write(
    tx: &Transaction<'_>,
    table: Table,
    part: Part,
    facts: &[Fact],
    place: Option<i64>,
) -> rusqlite::Result<()> {
    let (Some(first), Some(last)) = (facts.first(), facts.last()) else {
        return Ok(());
    };
    let events: u64 = facts.iter().map(|fact| fact.sums.events).sum();
    let (first, last) = (first.key.quarter, last.key.quarter);
    let (count, events, blobs) = (facts.len() as i64, events as i64, fact_blob::encode(facts));
    let table = table.name();
    match place {
        Some(id) => tx
            .prepare_cached(&format!(
                "UPDATE {table} SET first_quarter = ?2, last_quarter = ?3, facts = ?4, events = ?5,
                     groups = ?6, data = ?7
                 WHERE id = ?1"
            ))?
            .execute(params![
                id,
                first,
                last,
                count,
                events,
                blobs.groups,
                blobs.facts
            ])?,
        None => tx
            .prepare_cached(&format!(
                "INSERT INTO {table}
                     (account_no, is_set_aside, first_quarter, last_quarter, facts, events, groups,
                      data)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
            ))?
            .execute(params![
                part.account,
                part.is_set_aside,
                first,
                last,
                count,
                events,
                blobs.groups,
                blobs.facts
            ])?,
    };
    Ok(())
}

/// Reads all facts of a part, sorted and merged.
pub(super) fn read(conn: &Connection, table: Table, part: Part) -> rusqlite::Result<Vec<Fact>> {
    let mut read = Vec::new();
    let mut statement = conn.prepare_cached(&format!(
        "SELECT groups, data FROM {} WHERE account_no = ?1 AND is_set_aside = ?2 ORDER BY id",
        table.name()
    ))?;
    let mut rows = statement.query(params![part.account, part.is_set_aside])?;
    while let Some(row) = rows.next()? {
        let (groups, data) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
        fact_blob::decode(groups, data, ALL_QUARTERS, |fact| read.push(*fact)).map_err(damaged)?;
    }
    facts::compact(&mut read);
    Ok(read)
}

/// The parts that have facts.
pub(super) fn parts(conn: &Connection) -> rusqlite::Result<Vec<Part>> {
    conn.prepare("SELECT DISTINCT account_no, is_set_aside FROM usage_segments")?
        .query_map([], |row| {
            Ok(Part {
                account: row.get(0)?,
                is_set_aside: row.get(1)?,
            })
        })?
        .collect()
}

/// Calls `visit` for every fact of a part, in no particular order. A damaged blob is skipped:
/// `rebuild` repairs it.
pub(super) fn visit(
    conn: &Connection,
    part: Part,
    mut visit: impl FnMut(&Fact),
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT groups, data FROM usage_segments WHERE account_no = ?1 AND is_set_aside = ?2",
    )?;
    let mut rows = statement.query(params![part.account, part.is_set_aside])?;
    while let Some(row) = rows.next()? {
        // The facts that were read before the damage are valid.
        let (groups, data) = (row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?);
        let _ = fact_blob::decode(groups, data, ALL_QUARTERS, &mut visit);
    }
    Ok(())
}

/// Replaces all facts of a part.
pub(super) fn replace(
    tx: &Transaction<'_>,
    part: Part,
    mut facts: Vec<Fact>,
) -> rusqlite::Result<()> {
    facts::compact(&mut facts);
    remove(tx, part)?;
    if let Some(first) = facts.first() {
        usage_changes::record(tx, first.key.quarter)?;
    }
    for full in facts.chunks(FULL as usize) {
        insert(tx, Table::Stored, part, full)?;
    }
    Ok(())
}

/// Removes all facts of a part.
pub(super) fn remove(tx: &Transaction<'_>, part: Part) -> rusqlite::Result<()> {
    let stored = params![part.account, part.is_set_aside];
    let first: Option<u32> = tx
        .prepare_cached(
            "SELECT MIN(first_quarter) FROM usage_segments
             WHERE account_no = ?1 AND is_set_aside = ?2",
        )?
        .query_row(stored, |row| row.get(0))?;
    if let Some(first) = first {
        usage_changes::record(tx, first)?;
        tx.prepare_cached(
            "DELETE FROM usage_segments WHERE account_no = ?1 AND is_set_aside = ?2",
        )?
        .execute(stored)?;
    }
    Ok(())
}

/// Makes the facts of a user count that were set aside in an account.
pub(super) fn release(
    tx: &Transaction<'_>,
    account: AccountRow,
    user: UserRow,
) -> rusqlite::Result<()> {
    let set_aside = Part {
        account,
        is_set_aside: true,
    };
    let facts = read(tx, Table::Stored, set_aside)?;
    let (released, remaining): (Vec<_>, Vec<_>) =
        facts.into_iter().partition(|fact| fact.key.user == user);
    if released.is_empty() {
        return Ok(());
    }
    // This also records the change for the released facts.
    replace(tx, set_aside, remaining)?;
    let counted = Part {
        is_set_aside: false,
        ..set_aside
    };
    append(tx, Table::Stored, counted, released)
}

/// The error for a statement that read a damaged blob.
pub(super) fn damaged(cause: DamagedBlob) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, cause.into())
}
