//! Segments: where the facts of an account are kept.
//!
//! An account has a few segments, each a blob of facts. New facts are merged
//! into the newest segments as long as those are not much larger, so the sizes
//! of an account's segments fall like powers of two: a fact is rewritten a
//! dozen times in its life, and a question reads a handful of rows for each
//! account.
//!
//! **Invariant:** facts are written in the transaction of the events they come
//! from. **Invariant:** facts are those of the account alone; the tree is
//! applied when a question is asked. So moving a branch of a hundred thousand
//! accounts, or turning a leaf into a node and back, changes no fact.

use std::{collections::BTreeMap, ops::Range};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    accounts::AccountNo,
    facts::{self, Damaged, Fact},
    users::UserNo,
};

/// A segment of this many facts is never merged again. It has some 500 KB;
/// rewriting it would hold up the writer for tens of ms.
const FULL: i64 = 65_536;

/// Every hour there is.
pub(super) const ALL_HOURS: Range<u32> = 0..u32::MAX;

/// Which facts of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part {
    /// The account.
    pub account_no: AccountNo,
    /// Those that are set aside because their user belongs elsewhere, or the others.
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
        for (part, facts) in self.0 {
            append(tx, table, part, facts)?;
        }
        Ok(())
    }
}

/// Where segments are kept: in their table, or in one made to compare with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Kept,
    Rebuilt,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Kept => "usage_segments",
            Table::Rebuilt => "temp.rebuilt_segments",
        }
    }
}

/// Adds facts to an account.
pub(super) fn append(
    tx: &Transaction<'_>,
    table: Table,
    part: Part,
    mut new: Vec<Fact>,
) -> rusqlite::Result<()> {
    facts::compact(&mut new);
    let table = table.name();
    let mut newest = tx.prepare_cached(&format!(
        "SELECT id, facts FROM {table} WHERE account_no = ?1 AND is_set_aside = ?2
         ORDER BY id DESC LIMIT 1"
    ))?;
    let mut take =
        tx.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1 RETURNING data"))?;
    loop {
        let found = newest
            .query_row(params![part.account_no, part.is_set_aside], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            })
            .optional()?;
        let Some((id, count)) = found else { break };
        if count >= FULL || count > 2 * new.len() as i64 {
            break;
        }
        let data: Vec<u8> = take.query_row([id], |row| row.get(0))?;
        let mut merged = Vec::with_capacity(count as usize + new.len());
        facts::decode(&data, ALL_HOURS, |fact| merged.push(*fact)).map_err(damaged)?;
        merged.append(&mut new);
        facts::compact(&mut merged);
        new = merged;
    }
    insert(tx, table, part, &new)
}

fn insert(tx: &Transaction<'_>, table: &str, part: Part, facts: &[Fact]) -> rusqlite::Result<()> {
    let (Some(first), Some(last)) = (facts.first(), facts.last()) else {
        return Ok(());
    };
    let events: u64 = facts.iter().map(|fact| fact.sums.events).sum();
    tx.prepare_cached(&format!(
        "INSERT INTO {table}
             (account_no, is_set_aside, first_hour, last_hour, facts, events, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    ))?
    .execute(params![
        part.account_no,
        part.is_set_aside,
        first.key.hour,
        last.key.hour,
        facts.len() as i64,
        events as i64,
        facts::encode(facts),
    ])?;
    Ok(())
}

/// All facts of a part, in order, each key once.
pub(super) fn read(conn: &Connection, table: Table, part: Part) -> rusqlite::Result<Vec<Fact>> {
    let mut found = Vec::new();
    let mut statement = conn.prepare_cached(&format!(
        "SELECT data FROM {} WHERE account_no = ?1 AND is_set_aside = ?2 ORDER BY id",
        table.name()
    ))?;
    let mut rows = statement.query(params![part.account_no, part.is_set_aside])?;
    while let Some(row) = rows.next()? {
        let data = row.get_ref(0)?.as_blob()?;
        facts::decode(data, ALL_HOURS, |fact| found.push(*fact)).map_err(damaged)?;
    }
    facts::compact(&mut found);
    Ok(found)
}

/// Replaces all facts of a part.
pub(super) fn replace(
    tx: &Transaction<'_>,
    part: Part,
    mut facts: Vec<Fact>,
) -> rusqlite::Result<()> {
    facts::compact(&mut facts);
    let table = Table::Kept.name();
    tx.prepare_cached(&format!(
        "DELETE FROM {table} WHERE account_no = ?1 AND is_set_aside = ?2"
    ))?
    .execute(params![part.account_no, part.is_set_aside])?;
    for full in facts.chunks(FULL as usize) {
        insert(tx, table, part, full)?;
    }
    Ok(())
}

/// Counts what was set aside in an account because of one user.
pub(super) fn release(
    tx: &Transaction<'_>,
    account_no: AccountNo,
    user: UserNo,
) -> rusqlite::Result<()> {
    let aside = Part {
        account_no,
        is_set_aside: true,
    };
    let facts = read(tx, Table::Kept, aside)?;
    let (released, kept): (Vec<_>, Vec<_>) = facts
        .into_iter()
        .partition(|fact| i64::from(fact.key.user) == user);
    if released.is_empty() {
        return Ok(());
    }
    replace(tx, aside, kept)?;
    let counted = Part {
        is_set_aside: false,
        ..aside
    };
    append(tx, Table::Kept, counted, released)
}

pub(super) fn damaged(cause: Damaged) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, cause.into())
}
