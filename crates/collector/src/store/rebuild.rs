//! Makes the facts anew from the events, and proves that those kept agree.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    facts::Fact,
    retention,
    segments::{self, NewFacts, Part, Table},
    usage::{EVENT_AS_FACT, NUMBERS, event_as_fact},
};

/// Events whose facts are gathered before they are written: some 30 MB.
const CHUNK: usize = 250_000;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rebuilt {
    /// Events that were read.
    pub events: u64,
    /// Accounts that have facts.
    pub accounts: usize,
    /// Facts that the events make.
    pub facts: u64,
    /// Accounts, by id, whose kept facts were different.
    pub differing: Vec<String>,
}

/// Recomputes the facts of every event that is still there and compares. With
/// `mend`, facts that differ are replaced.
///
/// # Errors
/// Those of SQLite; nothing is changed then.
pub fn rebuild(conn: &mut Connection, mend: bool) -> rusqlite::Result<Rebuilt> {
    // What is rebuilt may be larger than memory.
    conn.pragma_update(None, "temp_store", "FILE")?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    number_everything(&tx)?;
    let events = gather(&tx)?;
    let from_hour = retention::events_from(&tx)?;
    let mut rebuilt = Rebuilt {
        events,
        accounts: 0,
        facts: 0,
        differing: Vec::new(),
    };
    let mut accounts = BTreeSet::new();
    for part in parts(&tx)? {
        let made = segments::read(&tx, Table::Rebuilt, part)?;
        let mut kept = segments::read(&tx, Table::Kept, part)?;
        let comparable = kept.partition_point(|fact| fact.key.hour < from_hour);
        rebuilt.facts += made.len() as u64;
        accounts.insert(part.account_no);
        // Events before that hour may have come late, after others of their
        // time were dropped; what they make is only a part of the facts.
        let first_made = made.partition_point(|fact| fact.key.hour < from_hour);
        if !agree(&kept[comparable..], &made[first_made..]) {
            rebuilt.differing.push(tx.query_row(
                "SELECT account_id FROM accounts WHERE no = ?1",
                [part.account_no],
                |row| row.get(0),
            )?);
            if mend {
                kept.truncate(comparable);
                kept.extend_from_slice(&made[first_made..]);
                segments::replace(&tx, part, kept)?;
            }
        }
    }
    rebuilt.accounts = accounts.len();
    rebuilt.differing.dedup();
    tx.execute_batch("DROP TABLE temp.rebuilt_segments")?;
    tx.commit()?;
    Ok(rebuilt)
}

/// Makes the facts of a file from before they were kept.
pub(super) fn fill(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    number_everything(tx)?;
    gather(tx)?;
    tx.execute_batch(
        "INSERT INTO usage_segments
             (account_no, is_set_aside, first_hour, last_hour, facts, events, data)
         SELECT account_no, is_set_aside, first_hour, last_hour, facts, events, data
         FROM temp.rebuilt_segments ORDER BY id;
         DROP TABLE temp.rebuilt_segments;",
    )
}

/// Gives a number to every session and name that has none.
fn number_everything(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "INSERT OR IGNORE INTO sessions (session_id) SELECT DISTINCT session_id FROM events
             WHERE session_id IS NOT NULL;
         INSERT OR IGNORE INTO names (name)
             SELECT product FROM events WHERE product IS NOT NULL
             UNION SELECT module FROM events WHERE module IS NOT NULL
             UNION SELECT feature FROM events WHERE feature IS NOT NULL;",
    )
}

/// Makes the facts of all events, in a table of their own.
fn gather(tx: &Transaction<'_>) -> rusqlite::Result<u64> {
    tx.execute_batch(
        "CREATE TEMP TABLE rebuilt_segments (
             id INTEGER PRIMARY KEY, account_no INTEGER, is_set_aside INTEGER,
             first_hour INTEGER, last_hour INTEGER, facts INTEGER, events INTEGER, data BLOB);
         CREATE INDEX temp.rebuilt_by_account
             ON rebuilt_segments (account_no, is_set_aside, id);",
    )?;
    let mut statement = tx.prepare(&format!(
        "SELECT a.no, e.set_aside, {EVENT_AS_FACT}
         FROM events e CROSS JOIN accounts a ON a.account_id = e.account_id {NUMBERS}
         ORDER BY e.id"
    ))?;
    let mut rows = statement.query([])?;
    let mut new = NewFacts::default();
    let (mut events, mut waiting) = (0, 0);
    while let Some(row) = rows.next()? {
        let part = Part {
            account_no: row.get(0)?,
            is_set_aside: row.get(1)?,
        };
        new.add(part, event_as_fact(row, 2)?);
        events += 1;
        waiting += 1;
        if waiting == CHUNK {
            std::mem::take(&mut new).write(tx, Table::Rebuilt)?;
            waiting = 0;
        }
    }
    new.write(tx, Table::Rebuilt)?;
    Ok(events)
}

fn parts(tx: &Transaction<'_>) -> rusqlite::Result<Vec<Part>> {
    tx.prepare(
        "SELECT account_no, is_set_aside FROM usage_segments
         UNION SELECT account_no, is_set_aside FROM temp.rebuilt_segments",
    )?
    .query_map([], |row| {
        Ok(Part {
            account_no: row.get(0)?,
            is_set_aside: row.get(1)?,
        })
    })?
    .collect()
}

/// Sums of fractions depend on their order in the last bits.
fn agree(kept: &[Fact], made: &[Fact]) -> bool {
    kept.len() == made.len()
        && kept.iter().zip(made).all(|(kept, made)| {
            let (a, b) = (kept.sums.features, made.sums.features);
            let is_close = a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
            kept.key == made.key
                && is_close
                && kept.sums.events == made.sums.events
                && kept.sums.module_time == made.sums.module_time
                && kept.sums.active_time == made.sums.active_time
        })
}
