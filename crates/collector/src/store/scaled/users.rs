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
        page::{Page, Pager},
        user::{User, UserPatch},
    },
    store::{list_filter::ListFilter, records::Listed, search::full_name},
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

/// Lists the users of one account, or all users, by id. Returns one page and the total number.
pub(super) async fn list(
    tx: &Tx<'_>,
    account: Option<i64>,
    filter: &ListFilter,
    page: Page,
) -> Result<Listed<User>> {
    let is_listed = match account {
        Some(_) => "u.account_no = $1",
        None => "$1::bigint IS NULL",
    };
    let is_listed = format!("{is_listed} AND ($2::bool IS NULL OR u.is_deleted = $2)");
    let is_deleted = filter.is_deleted;
    let Some(texts) = filter.of_texts() else {
        let sql =
            format!("SELECT {COLUMNS} WHERE {is_listed} ORDER BY u.user_id LIMIT $3 OFFSET $4");
        let (limit, offset) = (page.limit, page.offset());
        let rows = query(tx, &sql, &[&account, &is_deleted, &limit, &offset]).await?;
        let sql = format!("SELECT COUNT(*) FROM users u WHERE {is_listed}");
        let total = query_one(tx, &sql, &[&account, &is_deleted]).await?.get(0);
        return Ok((rows.iter().map(read).collect(), total));
    };
    // Only the columns that the filter compares are read for all users.
    let details = if texts.needs_details() {
        "u.details"
    } else {
        "'{}'"
    };
    let sql = format!(
        "SELECT u.no, u.user_id, u.first_name, u.last_name, {details} FROM users u
         WHERE {is_listed} ORDER BY u.user_id"
    );
    let mut pager = Pager::new(page);
    for row in &query(tx, &sql, &[&account, &is_deleted]).await? {
        let name = full_name([row.get(2), row.get(3)]);
        let found = texts.contains(row.get(1), name.as_deref(), || json::object(row.get(4)));
        if found && pager.is_on_page() {
            pager.add(row.get(0));
        }
    }
    let (numbers, total): (Vec<i64>, i64) = pager.finish();
    let sql = format!("SELECT {COLUMNS} WHERE u.no = ANY($1::bigint[]) ORDER BY u.user_id");
    let rows = query(tx, &sql, &[&numbers]).await?;
    Ok((rows.iter().map(read).collect(), total))
}

/// Merges the details of an `identifyUser` that was made at `at`. Details that would make the
/// user's details too large are left out: they never make an event invalid.
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

/// Deactivates a user. The usage remains. Returns false when the user is unknown.
pub(super) async fn deactivate(tx: &Tx<'_>, user_id: &str) -> Result<bool> {
    let sql = "UPDATE users SET is_deleted = true WHERE user_id = $1";
    Ok(execute(tx, sql, &[&user_id]).await? == 1)
}
