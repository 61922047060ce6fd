//! The owner of a stream: a stream has no account of its own, but its first event has.

use rusqlite::{Connection, OptionalExtension, params};

use super::event_months;
use crate::{model::calendar::Month, store::loss::StreamOwner};

/// Finds the owner of a stream. `None` when none of its events is stored: all were rejected, or old
/// ones were dropped.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find(conn: &Connection, stream_id: &str) -> rusqlite::Result<Option<StreamOwner>> {
    let first_at: Option<i64> = conn
        .prepare_cached("SELECT first_at FROM streams WHERE stream_id = ?1")?
        .query_row([stream_id], |row| row.get(0))
        .optional()?;
    let Some(first_at) = first_at else {
        return Ok(None);
    };
    // Events have an index by time, but none by stream.
    let month = Month::at(first_at);
    if !event_months::all(conn)?.contains(&month) {
        return Ok(None);
    }
    conn.prepare_cached(&format!(
        "SELECT e.account_id, a.name, e.user_id FROM {} e INDEXED BY {}
             LEFT JOIN accounts a ON a.account_id = e.account_id
         WHERE e.created_at = ?1 AND e.stream_id = ?2 LIMIT 1",
        event_months::table(month),
        event_months::time_index(month)
    ))?
    .query_row(params![first_at, stream_id], |row| {
        Ok(StreamOwner {
            account_id: row.get(0)?,
            account_name: row.get(1)?,
            user_id: row.get(2)?,
            first_at,
        })
    })
    .optional()
}
