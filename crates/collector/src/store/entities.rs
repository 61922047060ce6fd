//! Accounts and users as they are kept.

use rusqlite::{Connection, OptionalExtension, params};

/// Row number of an account, where it is known.
///
/// # Errors
/// Those of SQLite.
pub fn account_no(conn: &Connection, account_id: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT no FROM accounts WHERE account_id = ?1")?
        .query_row([account_id], |row| row.get(0))
        .optional()
}

/// Row number of an account, which is made where it is unknown.
///
/// # Errors
/// Those of SQLite.
pub fn known_account(conn: &Connection, account_id: &str) -> rusqlite::Result<i64> {
    if let Some(no) = account_no(conn, account_id)? {
        return Ok(no);
    }
    conn.prepare_cached("INSERT INTO accounts (account_id) VALUES (?1)")?
        .execute([account_id])?;
    Ok(conn.last_insert_rowid())
}

/// The account a user belongs to, where the user is known.
///
/// # Errors
/// Those of SQLite.
pub fn account_of_user(conn: &Connection, user_id: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT account_no FROM users WHERE user_id = ?1")?
        .query_row([user_id], |row| row.get(0))
        .optional()
}

/// Makes a user in an account.
///
/// # Errors
/// Those of SQLite.
pub fn insert_user(conn: &Connection, user_id: &str, account_no: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT INTO users (user_id, account_no) VALUES (?1, ?2)")?
        .execute(params![user_id, account_no])?;
    Ok(())
}
