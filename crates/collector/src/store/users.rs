//! Users as they are kept. Each is in exactly one account.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{
    accounts::{self, AccountNo, object},
    identify,
    page::Page,
    segments,
};
use crate::entity::{Precedence, RecordError, User, UserPatch};

/// Number of a user's row.
pub type UserNo = i64;

/// A user's number and account.
///
/// # Errors
/// Those of SQLite.
pub fn place(conn: &Connection, user_id: &str) -> rusqlite::Result<Option<(UserNo, AccountNo)>> {
    conn.prepare_cached("SELECT no, account_no FROM users WHERE user_id = ?1")?
        .query_row([user_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Makes a user in an account.
pub(super) fn insert(
    tx: &Transaction<'_>,
    user_id: &str,
    account_no: AccountNo,
) -> rusqlite::Result<UserNo> {
    tx.prepare_cached("INSERT INTO users (user_id, account_no) VALUES (?1, ?2)")?
        .execute(params![user_id, account_no])?;
    Ok(tx.last_insert_rowid())
}

const COLUMNS: &str = "u.user_id, a.account_id, u.first_name, u.last_name, u.details, u.is_deleted
    FROM users u JOIN accounts a ON a.no = u.account_no";

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        user_id: row.get(0)?,
        account_id: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        details: object(&row.get::<_, String>(4)?),
        is_deleted: row.get(5)?,
    })
}

/// One user.
///
/// # Errors
/// Those of SQLite.
pub fn find(conn: &Connection, user_id: &str) -> rusqlite::Result<Option<User>> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} WHERE u.user_id = ?1"))?
        .query_row([user_id], read)
        .optional()
}

/// The users of one account, or all. Not one clause for both: no index would
/// serve it.
fn of(account: Option<AccountNo>) -> &'static str {
    match account {
        Some(_) => "u.account_no = ?1",
        None => "?1 IS NULL",
    }
}

/// How many users there are, of one account or in all.
///
/// # Errors
/// Those of SQLite.
pub fn count(conn: &Connection, account: Option<AccountNo>) -> rusqlite::Result<i64> {
    let of = of(account);
    conn.prepare_cached(&format!("SELECT COUNT(*) FROM users u WHERE {of}"))?
        .query_row([account], |row| row.get(0))
}

/// Users by id, of one account or of all, and how many there are.
///
/// # Errors
/// Those of SQLite.
pub fn list(
    conn: &Connection,
    account: Option<AccountNo>,
    page: Page,
) -> rusqlite::Result<(Vec<User>, i64)> {
    let of = of(account);
    let records = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} WHERE {of} ORDER BY u.user_id LIMIT ?2 OFFSET ?3"
        ))?
        .query_map(params![account, page.limit, page.offset()], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok((records, count(conn, account)?))
}

/// Inserts or modifies a user as a record says. A record for a deactivated
/// user makes it active again.
///
/// Nothing is written where the record is refused.
///
/// # Errors
/// Those of SQLite; within, why the record is refused.
pub fn put(
    tx: &Transaction<'_>,
    patch: UserPatch,
    now: i64,
) -> rusqlite::Result<Result<(), RecordError>> {
    let found = find(tx, &patch.user_id)?;
    let account_id = match (&found, &patch.account_id) {
        (None, None) => return Ok(Err(RecordError::Missing("account_id"))),
        (Some(user), None) => user.account_id.clone(),
        (Some(user), Some(asked)) if user.account_id != *asked && !patch.is_move => {
            return Ok(Err(RecordError::UserElsewhere {
                user_id: patch.user_id,
                account_id: user.account_id.clone(),
            }));
        }
        (_, Some(asked)) => asked.clone(),
    };
    let comes_from = found.as_ref().map(|user| user.account_id.clone());
    let user_id = patch.user_id.clone();
    let mut user = found.unwrap_or_default();
    if let Err(refused) = user.apply(patch, Precedence::Newer) {
        return Ok(Err(refused));
    }
    let account_no = accounts::known(tx, &account_id)?;
    let no = match place(tx, &user_id)? {
        Some((no, _)) => no,
        None => insert(tx, &user_id, account_no)?,
    };
    save(tx, no, &user, now)?;
    tx.prepare_cached("UPDATE users SET account_no = ?2, is_deleted = 0 WHERE no = ?1")?
        .execute(params![no, account_no])?;
    if comes_from.is_some_and(|from| from != account_id) {
        release(tx, &user_id, &account_id)?;
        segments::release(tx, account_no, no)?;
    }
    Ok(Ok(()))
}

/// Counts the events that waited for the user to belong to this account. What
/// was counted elsewhere before stays there: it happened there.
fn release(tx: &Transaction<'_>, user_id: &str, account_id: &str) -> rusqlite::Result<()> {
    let released = tx
        .prepare_cached(
            "UPDATE events SET set_aside = 0
             WHERE user_id = ?1 AND account_id = ?2 AND set_aside = 1
             RETURNING id",
        )?
        .query_map([user_id, account_id], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    identify::released(tx, &released)
}

/// Merges the details of an `identifyUser` that was made at `at`. What cannot
/// be used of them is left out: an event is never refused for it.
pub(super) fn identify(
    tx: &Transaction<'_>,
    no: UserNo,
    patch: UserPatch,
    at: i64,
) -> rusqlite::Result<()> {
    let Some(mut user) = find(tx, &patch.user_id)? else {
        return Ok(());
    };
    let details_at: i64 = tx
        .prepare_cached("SELECT details_at FROM users WHERE no = ?1")?
        .query_row([no], |row| row.get(0))?;
    let precedence = if at >= details_at {
        Precedence::Newer
    } else {
        Precedence::Older
    };
    if user.apply(patch, precedence).is_ok() {
        save(tx, no, &user, at.max(details_at))?;
    }
    Ok(())
}

fn save(tx: &Transaction<'_>, no: UserNo, user: &User, details_at: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE users SET first_name = ?2, last_name = ?3, details = ?4, details_at = ?5
         WHERE no = ?1",
    )?
    .execute(params![
        no,
        user.first_name,
        user.last_name,
        serde_json::to_string(&user.details).unwrap_or_default(),
        details_at,
    ])?;
    Ok(())
}

/// Deactivates a user. Its usage stays. False where it is unknown.
///
/// # Errors
/// Those of SQLite.
pub fn deactivate(tx: &Transaction<'_>, user_id: &str) -> rusqlite::Result<bool> {
    let changed = tx.execute(
        "UPDATE users SET is_deleted = 1 WHERE user_id = ?1",
        [user_id],
    )?;
    Ok(changed == 1)
}
