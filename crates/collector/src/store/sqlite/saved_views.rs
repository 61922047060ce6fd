//! Lists of accounts that somebody saved under a name, for everyone.

use rusqlite::{Connection, Transaction, params};

use super::counters::SAVED_VIEWS;
use crate::store::saved_views::{MAX_VIEWS, SavedView};

/// Lists the saved views by name.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list(conn: &Connection) -> rusqlite::Result<Vec<SavedView>> {
    conn.prepare_cached(
        "SELECT id, name, address FROM saved_views ORDER BY name COLLATE NOCASE, name",
    )?
    .query_map([], |row| {
        Ok(SavedView {
            id: row.get(0)?,
            name: row.get(1)?,
            address: row.get(2)?,
        })
    })?
    .collect()
}

/// Saves a view, replacing one with the same name. Returns false when there are too many.
///
/// # Errors
/// Fails when SQLite fails.
pub fn put(tx: &Transaction<'_>, name: &str, address: &str, now: i64) -> rusqlite::Result<bool> {
    let others: i64 = tx.query_row(
        "SELECT COUNT(*) FROM saved_views WHERE name <> ?1",
        [name],
        |row| row.get(0),
    )?;
    if others >= MAX_VIEWS {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO saved_views (id, name, address, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO UPDATE SET address = excluded.address",
        params![SAVED_VIEWS.next(tx)?, name, address, now],
    )?;
    Ok(true)
}

/// Removes a saved view.
///
/// # Errors
/// Fails when SQLite fails.
pub fn delete(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    SAVED_VIEWS.record_last(tx)?;
    tx.execute("DELETE FROM saved_views WHERE id = ?1", [id])?;
    Ok(())
}
