//! Computes facts from events into a temporary table, and finds the differences.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};

use crate::store::sqlite::{
    event_facts, event_months,
    facts::Fact,
    retention,
    segments::{self, NewFacts, Part, Table},
};

/// Number of events whose facts are collected before they are written: some 30 MB.
const CHUNK: usize = 250_000;

/// The result of a rebuild.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct RebuildReport {
    /// Number of events that were read.
    pub events: u64,
    /// Number of accounts with facts.
    pub accounts: usize,
    /// Number of facts that the events result in.
    pub facts: u64,
    /// Ids of the accounts whose stored facts were wrong.
    pub differing: Vec<String>,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub(super) struct FactComparison {
    pub(super) rebuilt: RebuildReport,
    /// The parts that differ. Their stored facts are in a temporary table.
    pub(super) parts: Vec<Part>,
    /// Whether a session or a name of an event has no row. In that case nothing was compared.
    pub(super) lacks_rows: bool,
}

/// Compares all stored facts with those computed from the events. Writes only temporary tables.
pub(super) fn compare(tx: &Transaction<'_>) -> rusqlite::Result<FactComparison> {
    let mut found = FactComparison::default();
    let Some(events) = collect_facts(tx)? else {
        found.lacks_rows = true;
        return Ok(found);
    };
    found.rebuilt.events = events;
    let from = retention::events_from(tx)?;
    let mut accounts = BTreeSet::new();
    for part in parts(tx)? {
        let computed = segments::read(tx, Table::Rebuilt, part)?;
        let stored = segments::read(tx, Table::Stored, part)?;
        found.rebuilt.facts += computed.len() as u64;
        accounts.insert(part.account);
        // Quarters before `from` are not compared: retention has deleted events there, and late
        // ones may have arrived since, so the events give only a part of the facts.
        let recent = |facts: &[Fact]| facts.partition_point(|fact| fact.key.quarter < from);
        if !agree(&stored[recent(&stored)..], &computed[recent(&computed)..]) {
            found.rebuilt.differing.push(tx.query_row(
                "SELECT account_id FROM accounts WHERE no = ?1",
                [part.account],
                |row| row.get(0),
            )?);
            tx.execute(
                "INSERT INTO temp.compared_segments SELECT * FROM usage_segments
                 WHERE account_no = ?1 AND is_set_aside = ?2",
                rusqlite::params![part.account, part.is_set_aside],
            )?;
            found.parts.push(part);
        }
    }
    found.rebuilt.accounts = accounts.len();
    found.rebuilt.differing.dedup();
    Ok(found)
}

/// Drops the temporary tables.
pub(super) fn drop_tables(conn: &Connection) -> rusqlite::Result<()> {
    conn.execute_batch(
        "DROP TABLE IF EXISTS temp.rebuilt_segments;
         DROP TABLE IF EXISTS temp.compared_segments;",
    )
}

/// Inserts a row for every session and name that has none.
pub(super) fn insert_dimensions(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    for month in event_months::all(tx)? {
        let table = event_months::table(month);
        tx.execute_batch(&format!(
            "INSERT OR IGNORE INTO sessions (user_no, session_id)
                 SELECT DISTINCT u.no, e.session_id
                 FROM {table} e CROSS JOIN users u ON u.user_id = e.user_id
                 WHERE e.session_id IS NOT NULL;
             INSERT OR IGNORE INTO names (name)
                 SELECT product FROM {table} WHERE product IS NOT NULL
                 UNION SELECT module FROM {table} WHERE module IS NOT NULL
                 UNION SELECT feature FROM {table} WHERE feature IS NOT NULL;"
        ))?;
    }
    Ok(())
}

/// Computes the facts of all events into a temporary table. Returns the number of events, or `None`
/// when the row of a session or a name is missing.
fn collect_facts(tx: &Transaction<'_>) -> rusqlite::Result<Option<u64>> {
    let columns = segments::COLUMNS;
    drop_tables(tx)?;
    tx.execute_batch(&format!(
        "CREATE TEMP TABLE rebuilt_segments ({columns});
         CREATE INDEX temp.rebuilt_by_account
             ON rebuilt_segments (account_no, is_set_aside, id);
         CREATE TEMP TABLE compared_segments ({columns});
         CREATE INDEX temp.compared_by_account
             ON compared_segments (account_no, is_set_aside, id);"
    ))?;
    let mut new = NewFacts::default();
    let (mut events, mut waiting) = (0, 0);
    for month in event_months::all(tx)? {
        let mut statement = tx.prepare(&format!(
            "SELECT a.no, e.set_aside, {}, {}
             FROM {} e CROSS JOIN accounts a ON a.account_id = e.account_id {}
             ORDER BY e.id",
            event_facts::LACKS_ROW,
            event_facts::COLUMNS,
            event_months::table(month),
            event_facts::JOINS
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if row.get(2)? {
                return Ok(None);
            }
            let part = Part {
                account: row.get(0)?,
                is_set_aside: row.get(1)?,
            };
            new.add(part, event_facts::read_fact(row, 3)?);
            events += 1;
            waiting += 1;
            if waiting == CHUNK {
                std::mem::take(&mut new).write(tx, Table::Rebuilt)?;
                waiting = 0;
            }
        }
    }
    new.write(tx, Table::Rebuilt)?;
    Ok(Some(events))
}

fn parts(tx: &Transaction<'_>) -> rusqlite::Result<Vec<Part>> {
    tx.prepare(
        "SELECT account_no, is_set_aside FROM usage_segments
         UNION SELECT account_no, is_set_aside FROM temp.rebuilt_segments",
    )?
    .query_map([], |row| {
        Ok(Part {
            account: row.get(0)?,
            is_set_aside: row.get(1)?,
        })
    })?
    .collect()
}

/// Whether facts are equal. The last bits of a sum of fractions are ignored, because they depend on
/// the order of its terms.
fn agree(stored: &[Fact], computed: &[Fact]) -> bool {
    stored.len() == computed.len()
        && stored.iter().zip(computed).all(|(stored, computed)| {
            let (a, b) = (stored.sums.features, computed.sums.features);
            let is_close = a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
            stored.key == computed.key
                && is_close
                && stored.sums.events == computed.sums.events
                && stored.sums.module_time == computed.sums.module_time
                && stored.sums.active_time == computed.sums.active_time
        })
}
