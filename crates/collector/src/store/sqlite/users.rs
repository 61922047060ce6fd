//! Stored users. Each belongs to exactly one account.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde_json::{Map, Value};

use super::{
    json, layers,
    rows::{AccountRow, UserRow},
};
use crate::{
    model::{
        page::{Page, Pager},
        user::{User, UserPatch},
    },
    store::{list_filter::ListFilter, search::full_name},
};

/// Finds the row of a user and the account the user belongs to.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find_with_account(
    conn: &Connection,
    user_id: &str,
) -> rusqlite::Result<Option<(UserRow, AccountRow)>> {
    conn.prepare_cached("SELECT no, account_no FROM users WHERE user_id = ?1")?
        .query_row([user_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// The id of the account that a user belongs to; `None` for an unknown user.
pub(super) fn account_id(conn: &Connection, user_id: &str) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached(
        "SELECT a.account_id FROM users u JOIN accounts a ON a.no = u.account_no
         WHERE u.user_id = ?1",
    )?
    .query_row([user_id], |row| row.get(0))
    .optional()
}

/// Inserts a user into an account.
pub(super) fn insert(
    tx: &Transaction<'_>,
    user_id: &str,
    account: AccountRow,
) -> rusqlite::Result<UserRow> {
    tx.prepare_cached("INSERT INTO users (user_id, account_no) VALUES (?1, ?2)")?
        .execute(params![user_id, account])?;
    UserRow::last_inserted(tx)
}

const COLUMNS: &str = "u.user_id, a.account_id, u.first_name, u.last_name, u.details, u.is_deleted
    FROM users u JOIN accounts a ON a.no = u.account_no";

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        user_id: row.get(0)?,
        account_id: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        details: json::object(&row.get::<_, String>(4)?),
        is_deleted: row.get(5)?,
    })
}

/// Finds a user.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find(conn: &Connection, user_id: &str) -> rusqlite::Result<Option<User>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE u.user_id = ?1"))?
        .query_row([user_id], read)
        .optional()
}

/// An SQL condition for the users of one account, or for all users. A single condition for both
/// cases could not use an index.
fn is_listed(account: Option<AccountRow>) -> &'static str {
    match account {
        Some(_) => "u.account_no = ?1",
        None => "?1 IS NULL",
    }
}

/// Counts the users of one account, or all users.
///
/// # Errors
/// Fails when SQLite fails.
pub fn count(conn: &Connection, account: Option<AccountRow>) -> rusqlite::Result<i64> {
    let is_listed = is_listed(account);
    conn.prepare_cached(&format!("SELECT COUNT(*) FROM users u WHERE {is_listed}"))?
        .query_row([account], |row| row.get(0))
}

/// Lists the users of one account, or all users, by id. Returns one page and the total number.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list(
    conn: &Connection,
    account: Option<AccountRow>,
    filter: &ListFilter,
    page: Page,
) -> rusqlite::Result<(Vec<User>, i64)> {
    let is_listed = format!(
        "{} AND (?2 IS NULL OR u.is_deleted = ?2)",
        is_listed(account)
    );
    let Some(texts) = filter.of_texts() else {
        let total = conn
            .prepare_cached(&format!("SELECT COUNT(*) FROM users u WHERE {is_listed}"))?
            .query_row(params![account, filter.is_deleted], |row| row.get(0))?;
        let records = conn
            .prepare_cached(&format!(
                "SELECT {COLUMNS} WHERE {is_listed} ORDER BY u.user_id LIMIT ?3 OFFSET ?4"
            ))?
            .query_map(
                params![account, filter.is_deleted, page.limit, page.offset()],
                read,
            )?
            .collect::<rusqlite::Result<_>>()?;
        return Ok((records, total));
    };
    let mut all = conn.prepare_cached(&format!(
        "SELECT {COLUMNS} WHERE {is_listed} ORDER BY u.user_id"
    ))?;
    let mut rows = all.query(params![account, filter.is_deleted])?;
    let mut pager = Pager::new(page);
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_str()?;
        let name = full_name([
            row.get_ref(2)?.as_str_or_null()?,
            row.get_ref(3)?.as_str_or_null()?,
        ]);
        let details = row.get_ref(4)?.as_str()?;
        if texts.contains(id, name.as_deref(), || json::object(details)) && pager.is_on_page() {
            pager.add(read(row)?);
        }
    }
    Ok(pager.finish())
}

/// Merges the details of an `identifyUser` that was made at `at`. Details that would make the
/// user's details too large are left out: they never make an event invalid.
pub(super) fn identify(
    tx: &Transaction<'_>,
    row: UserRow,
    user_id: &str,
    details: Map<String, Value>,
    at: i64,
    stream: Option<&str>,
    is_trusted: bool,
) -> rusqlite::Result<()> {
    let mut layers = layers::find::<User>(tx, row)?;
    if is_trusted {
        layers.add_trusted(UserPatch::from_identify(user_id, details), at);
    } else {
        layers.public.add(details, at, stream);
    }
    layers::write(&layers, tx, row)
}

/// Deactivates a user. The usage remains. Returns false when the user is unknown.
///
/// # Errors
/// Fails when SQLite fails.
pub fn deactivate(tx: &Transaction<'_>, user_id: &str) -> rusqlite::Result<bool> {
    let changed = tx.execute(
        "UPDATE users SET is_deleted = 1 WHERE user_id = ?1",
        [user_id],
    )?;
    Ok(changed == 1)
}
