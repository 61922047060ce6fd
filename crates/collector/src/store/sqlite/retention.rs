//! Deletes old events. Facts are never deleted.

use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{event_ids, event_months, facts::QUARTER_MS};
use crate::store::removal::PruneOutcome;

/// The quarter of an hour, counted from the Unix epoch, from which on all events
/// are still stored.
///
/// # Errors
/// Fails when SQLite fails.
pub fn events_from(conn: &Connection) -> rusqlite::Result<u32> {
    let quarter = conn
        .prepare_cached("SELECT value FROM settings WHERE name = 'events_from_quarter'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(quarter.unwrap_or(0))
}

/// Maximum time for deletions in one transaction. Batches that arrive meanwhile are stored in the
/// same transaction.
const SLICE: Duration = Duration::from_millis(10);

/// Number of events that one statement deletes, between two checks of the time.
const STEP: i64 = 50;

/// Maximum number of events deleted in one transaction, since their pages go through the log.
const MOST: usize = 2000;

/// Deletes some of the events from before a quarter of an hour, as many as it can in 10 ms. It
/// deletes none only when none is left. The first call records the quarter. From then on, queries
/// no longer read events from before it.
///
/// Whole months are removed by a few statements, and their space is freed page by page. In the
/// month in which the quarter lies, events are deleted one by one.
///
/// # Errors
/// Fails when SQLite fails.
pub fn prune(tx: &Transaction<'_>, before_quarter: u32) -> rusqlite::Result<PruneOutcome> {
    let start = Instant::now();
    if before_quarter > events_from(tx)? {
        tx.execute(
            "INSERT INTO settings (name, value) VALUES ('events_from_quarter', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [before_quarter],
        )?;
    }
    event_months::keep_last_id(tx)?;
    let before = i64::from(before_quarter) * QUARTER_MS;
    let mut events = 0;
    loop {
        let deleted = prune_step(tx, before)?;
        events += deleted;
        if deleted == 0 || events >= MOST || start.elapsed() >= SLICE {
            break;
        }
    }
    let is_done = events == 0 && !event_ids::sweep(tx)?;
    Ok(PruneOutcome { events, is_done })
}

/// Deletes a few events. Returns their number, 0 when none is left.
fn prune_step(tx: &Transaction<'_>, before: i64) -> rusqlite::Result<usize> {
    // The table of a retired month is removed once it is empty.
    while let Some(month) = event_months::retired(tx)? {
        let freed = event_months::free(tx, month, STEP)?;
        if freed > 0 {
            return Ok(freed);
        }
    }
    let months = event_months::all(tx)?;
    if let Some(month) = months.iter().find(|month| month.end_ms() <= before) {
        event_months::retire(tx, *month)?;
        event_ids::begin_sweep(tx, before)?;
        return prune_step(tx, before);
    }
    for month in months.into_iter().filter(|month| month.start_ms() < before) {
        let table = event_months::table(month);
        let deleted = tx
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE id IN (
                     SELECT id FROM {table} WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)"
            ))?
            .execute(params![before, STEP])?;
        if deleted > 0 {
            return Ok(deleted);
        }
    }
    Ok(0)
}
