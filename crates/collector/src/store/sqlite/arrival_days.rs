//! The number of the first event that arrived on each day. With it, the number of any event shows
//! how long ago it arrived, whatever its own time is and whether or not it is still stored.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::event_months;
use crate::model::quarter::QUARTER_MS;

const DAY_MS: i64 = 96 * QUARTER_MS;

/// The table.
const TABLE: &str = "
-- The first event that arrived on a day by our clock.
CREATE TABLE arrival_days (
    day         INTEGER PRIMARY KEY,       -- of UTC, since the Unix epoch
    first_event INTEGER NOT NULL
) STRICT;
";

/// Records the arrival days of events.
#[derive(Debug)]
pub(super) struct ArrivalDays<'t> {
    tx: &'t Transaction<'t>,
    /// The end of the last recorded day, in ms since the Unix epoch.
    noted_until: i64,
}

impl<'t> ArrivalDays<'t> {
    pub(super) fn new(tx: &'t Transaction<'t>) -> rusqlite::Result<Self> {
        let last: Option<i64> = tx
            .prepare_cached("SELECT MAX(day) FROM arrival_days")?
            .query_row([], |row| row.get(0))?;
        Ok(ArrivalDays {
            tx,
            noted_until: last.map_or(i64::MIN, |day| (day + 1) * DAY_MS),
        })
    }

    /// Records the day of an event, if it is a new day. Events must be passed in the order of their
    /// numbers.
    #[inline]
    pub(super) fn record(&mut self, event: i64, received_at: i64) -> rusqlite::Result<()> {
        if received_at < self.noted_until {
            return Ok(());
        }
        let day = received_at.div_euclid(DAY_MS);
        self.noted_until = (day + 1) * DAY_MS;
        self.tx
            .prepare_cached("INSERT INTO arrival_days (day, first_event) VALUES (?1, ?2)")?
            .execute([day, event])?;
        Ok(())
    }
}

/// The number of the first event that may have arrived at a time or later: all events before it
/// arrived earlier.
pub(super) fn first_since(conn: &Connection, time: i64) -> rusqlite::Result<i64> {
    let first = conn
        .prepare_cached(
            "SELECT first_event FROM arrival_days WHERE day >= ?1 ORDER BY day LIMIT 1",
        )?
        .query_row([time.div_euclid(DAY_MS)], |row| row.get(0))
        .optional()?;
    match first {
        Some(first) => Ok(first),
        None => Ok(event_months::last_id(conn)?.unwrap_or(0) + 1),
    }
}

/// Deletes the days before a time.
pub(super) fn forget_before(tx: &Transaction<'_>, time: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM arrival_days WHERE day < ?1")?
        .execute([time.div_euclid(DAY_MS)])?;
    Ok(())
}

/// Creates the table, and records the days of the stored events. Event numbers between these belong
/// to events that retention has dropped.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(TABLE)?;
    for month in event_months::all(tx)? {
        tx.execute(
            &format!(
                "INSERT INTO arrival_days (day, first_event)
                 SELECT received_at / ?1, MIN(id) FROM {} GROUP BY received_at / ?1
                 ON CONFLICT (day) DO UPDATE
                     SET first_event = MIN(first_event, excluded.first_event)",
                event_months::table(month)
            ),
            params![DAY_MS],
        )?;
    }
    Ok(())
}
