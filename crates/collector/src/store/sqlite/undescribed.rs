//! Accounts that nothing has described: those with usage, which exist only because events name them,
//! and those to which nothing refers any more. The latter were once named as parents by mistake.

use rusqlite::{Connection, Transaction};

use crate::store::quality::{MAX_UNDESCRIBED, NamelessAccount};

/// The SQL condition for an account that nothing has described.
const HAS_NO_FIELD: &str = "a.details_at = 0 AND a.is_deleted = 0 AND a.name IS NULL
    AND a.hierarchy_label IS NULL AND a.join_date IS NULL AND a.details = '{}'";

/// The SQL condition for an account to which nothing refers. A viewer key that is limited to one
/// refers to it.
const IS_UNREFERRED: &str = "NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM usage_segments s WHERE s.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM users u WHERE u.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM financials f WHERE f.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM account_records r WHERE r.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM account_keys k
        WHERE k.within_account = a.account_id AND k.revoked_at IS NULL)";

/// Finds the first undescribed accounts with usage, ordered by id.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn with_usage(conn: &Connection) -> rusqlite::Result<Vec<NamelessAccount>> {
    conn.prepare_cached(&format!(
        "SELECT a.account_id, (SELECT COUNT(*) FROM users u WHERE u.account_no = a.no)
         FROM accounts a WHERE {HAS_NO_FIELD}
             AND EXISTS (SELECT 1 FROM usage_segments s WHERE s.account_no = a.no)
         ORDER BY a.account_id LIMIT ?1"
    ))?
    .query_map([MAX_UNDESCRIBED], |row| {
        Ok(NamelessAccount {
            account_id: row.get(0)?,
            users: row.get(1)?,
        })
    })?
    .collect()
}

/// Finds the first undescribed accounts to which nothing refers, ordered by id.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn find(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(&format!(
        "SELECT a.account_id FROM accounts a WHERE {HAS_NO_FIELD} AND {IS_UNREFERRED}
         ORDER BY a.account_id LIMIT ?1"
    ))?
    .query_map([MAX_UNDESCRIBED], |row| row.get(0))?
    .collect()
}

/// Removes an undescribed account to which nothing refers, and returns whether it was one. This needs no entry in the list
/// of erasures: no stored data could come back, and events that name the account later count as if
/// it had never existed.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn remove(tx: &Transaction<'_>, account_id: &str) -> rusqlite::Result<bool> {
    let sql = format!(
        "DELETE FROM accounts AS a WHERE a.account_id = ?1 AND {HAS_NO_FIELD} AND {IS_UNREFERRED}"
    );
    Ok(tx.execute(&sql, [account_id])? > 0)
}
