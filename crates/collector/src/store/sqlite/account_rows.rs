//! Looks up the rows of accounts by their ids.

use rusqlite::{Connection, OptionalExtension, Transaction};

use super::rows::AccountRow;

/// Finds the row of an account.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find_row(conn: &Connection, account_id: &str) -> rusqlite::Result<Option<AccountRow>> {
    conn.prepare_cached("SELECT no FROM accounts WHERE account_id = ?1")?
        .query_row([account_id], |row| row.get(0))
        .optional()
}

/// The id of an account.
pub(super) fn id(conn: &Connection, account: AccountRow) -> rusqlite::Result<String> {
    conn.prepare_cached("SELECT account_id FROM accounts WHERE no = ?1")?
        .query_row([account], |row| row.get(0))
}

/// Finds the row of an account, and inserts the account if it is unknown.
///
/// # Errors
/// Fails when SQLite fails.
pub fn get_or_insert(tx: &Transaction<'_>, account_id: &str) -> rusqlite::Result<AccountRow> {
    if let Some(account) = find_row(tx, account_id)? {
        return Ok(account);
    }
    tx.prepare_cached("INSERT INTO accounts (account_id) VALUES (?1)")?
        .execute([account_id])?;
    AccountRow::last_inserted(tx)
}
