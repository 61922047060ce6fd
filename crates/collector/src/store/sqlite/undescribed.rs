//! Accounts that nothing has described and nothing refers to any more. They were once named as
//! parents by mistake.

use rusqlite::{Connection, Transaction};

use crate::store::quality::MAX_UNDESCRIBED;

/// The SQL condition for such an account. A viewer key that is limited to one refers to it.
const IS_UNDESCRIBED: &str = "a.details_at = 0 AND a.is_deleted = 0 AND a.name IS NULL
    AND a.hierarchy_label IS NULL AND a.join_date IS NULL AND a.details = '{}'
    AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM usage_segments s WHERE s.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM users u WHERE u.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM financials f WHERE f.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM account_records r WHERE r.account_no = a.no)
    AND NOT EXISTS (SELECT 1 FROM account_keys k
        WHERE k.within_account = a.account_id AND k.revoked_at IS NULL)";

/// Finds the first such accounts, ordered by id.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn find(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(&format!(
        "SELECT a.account_id FROM accounts a WHERE {IS_UNDESCRIBED}
         ORDER BY a.account_id LIMIT ?1"
    ))?
    .query_map([MAX_UNDESCRIBED], |row| row.get(0))?
    .collect()
}

/// Removes an undescribed account, and returns whether it was one. This needs no entry in the list
/// of erasures: no stored data could come back, and events that name the account later count as if
/// it had never existed.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn remove(tx: &Transaction<'_>, account_id: &str) -> rusqlite::Result<bool> {
    let sql = format!("DELETE FROM accounts AS a WHERE a.account_id = ?1 AND {IS_UNDESCRIBED}");
    Ok(tx.execute(&sql, [account_id])? > 0)
}
