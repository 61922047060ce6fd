//! Usage of an account itself. It counts only while the account has no active child.

use rusqlite::{Connection, params};

use super::rows::AccountRow;

/// The number of counted events of an account itself, which would no longer count after it gets its
/// first child. It is 0 for an account with active children.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn counted_events(conn: &Connection, account: AccountRow) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT IFNULL(SUM(events), 0) FROM usage_segments
         WHERE account_no = ?1 AND is_set_aside = 0 AND NOT EXISTS (
             SELECT 1 FROM accounts c WHERE c.parent_no = ?1 AND c.is_deleted = 0)",
    )?
    .query_row(params![account], |row| row.get(0))
}
