//! Usage of an account itself, which counts only while nothing is below it.

use rusqlite::{Connection, params};

use super::rows::AccountRow;

/// The number of events of an account itself that count: those that it would lose with
/// its first child. An account with accounts below it has none.
///
/// # Errors
/// Those of SQLite.
pub(super) fn counted_events(conn: &Connection, account: AccountRow) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT IFNULL(SUM(events), 0) FROM usage_segments
         WHERE account_no = ?1 AND is_set_aside = 0 AND NOT EXISTS (
             SELECT 1 FROM accounts c WHERE c.parent_no = ?1 AND c.is_deleted = 0)",
    )?
    .query_row(params![account], |row| row.get(0))
}
