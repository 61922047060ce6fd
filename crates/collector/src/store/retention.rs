//! How long events are kept. Facts stay for ever.

use rusqlite::{Connection, OptionalExtension};

/// The hour, since the Unix epoch, from which on all events are still there.
///
/// # Errors
/// Those of SQLite.
pub fn events_from(conn: &Connection) -> rusqlite::Result<u32> {
    let hour = conn
        .prepare_cached("SELECT value FROM settings WHERE name = 'events_from_hour'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(hour.unwrap_or(0))
}
