//! Stored users. Each belongs to exactly one account.

use serde_json::{Map, Value};
use tokio_postgres::Row;

use super::{
    failure::Result,
    json, layers,
    postgres::{Tx, execute, query, query_one, query_opt},
};
use crate::{
    model::{
        page::Page,
        user::{User, UserPatch},
    },
    store::records::Listed,
};

const COLUMNS: &str = "u.user_id, a.account_id, u.first_name, u.last_name, u.details, u.is_deleted
    FROM users u JOIN accounts a ON a.no = u.account_no";

fn read(row: &Row) -> User {
    User {
        user_id: row.get(0),
        account_id: row.get(1),
        first_name: row.get(2),
        last_name: row.get(3),
        details: json::object(row.get(4)),
        is_deleted: row.get(5),
    }
}

/// Finds a user.
pub(super) async fn find(tx: &Tx<'_>, user_id: &str) -> Result<Option<User>> {
    let sql = format!("SELECT {COLUMNS} WHERE u.user_id = $1");
    Ok(query_opt(tx, &sql, &[&user_id])
        .await?
        .map(|row| read(&row)))
}

/// Lists the users of one account, or all users, by id. Returns one page and the number
/// of all.
pub(super) async fn list(tx: &Tx<'_>, account: Option<i64>, page: Page) -> Result<Listed<User>> {
    let is_listed = match account {
        Some(_) => "u.account_no = $1",
        None => "$1::bigint IS NULL",
    };
    let sql = format!("SELECT {COLUMNS} WHERE {is_listed} ORDER BY u.user_id LIMIT $2 OFFSET $3");
    let rows = query(tx, &sql, &[&account, &page.limit, &page.offset()]).await?;
    let sql = format!("SELECT COUNT(*) FROM users u WHERE {is_listed}");
    let total = query_one(tx, &sql, &[&account]).await?.get(0);
    Ok((rows.iter().map(read).collect(), total))
}

/// Merges the details of an `identifyUser` that was made at `at`. Details that would make
/// the user's details too large are left out: they never make an event invalid.
pub(super) async fn identify(
    tx: &Tx<'_>,
    user_id: &str,
    details: Map<String, Value>,
    at: i64,
    stream: Option<&str>,
    is_trusted: bool,
) -> Result<()> {
    let sql = "SELECT no FROM users WHERE user_id = $1";
    let Some(row) = query_opt(tx, sql, &[&user_id]).await? else {
        return Ok(());
    };
    let no: i64 = row.get(0);
    let mut layers = layers::find::<User>(tx, no).await?;
    if is_trusted {
        layers.add_trusted(UserPatch::from_identify(user_id, details), at);
    } else {
        layers.public.add(details, at, stream);
    }
    layers::write(&layers, tx, no).await
}

/// Deactivates a user. The usage stays. Returns false when the user is unknown.
pub(super) async fn deactivate(tx: &Tx<'_>, user_id: &str) -> Result<bool> {
    let sql = "UPDATE users SET is_deleted = true WHERE user_id = $1";
    Ok(execute(tx, sql, &[&user_id]).await? == 1)
}
