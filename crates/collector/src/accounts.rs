//! `/api/v2/accounts`.

use axum::{Json, extract::State};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    app::{App, now_ms},
    bulk::{self, BulkAnswer, List},
    entity::{Account, AccountPatch, Change, RecordError, User, parents_first},
    error::ApiError,
    extract::{JsonBody, PageQuery, Path, Query},
    store::{
        accounts::{self, AccountFilter, AccountNo},
        users,
    },
};

/// Parameters of the list.
#[derive(Debug, Clone, Deserialize)]
pub struct ListQuery {
    search: Option<String>,
    #[serde(default)]
    roots: bool,
}

/// The answer where an account is unknown.
pub fn unknown(account_id: &str) -> ApiError {
    ApiError::NotFound(format!(
        "no account {account_id:?}; it is made by its first event or by POST /api/v2/accounts"
    ))
}

/// Reads something of an account.
///
/// # Errors
/// 404 where it is unknown.
pub async fn read_of<T: Send + 'static>(
    app: &App,
    account_id: &str,
    what: impl FnOnce(&Connection, AccountNo) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, ApiError> {
    let id = account_id.to_owned();
    app.store
        .read(move |conn| {
            accounts::no(conn, &id)?
                .map(|no| what(conn, no))
                .transpose()
        })
        .await?
        .ok_or_else(|| unknown(account_id))
}

/// Lists accounts.
///
/// # Errors
/// 400 for wrong parameters.
pub async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Account>>, ApiError> {
    let page = page.page()?;
    let filter = AccountFilter {
        parent: None,
        roots_only: query.roots,
        search: query.search,
    };
    let (records, total) = app
        .store
        .read(move |conn| accounts::list(conn, &filter, page))
        .await?;
    Ok(Json(List::new(records, total, page)))
}

/// Inserts or modifies many accounts.
///
/// # Errors
/// 400, 413, or 422 where none is accepted.
pub async fn post(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<BulkAnswer, ApiError> {
    let (answer, patches) = BulkAnswer::reading(body, "account_id", |record| {
        AccountPatch::from_record(record, None)
    })?;
    let now = now_ms();
    let outcomes = app
        .store
        .write(move |tx| {
            let links: Vec<_> = patches
                .iter()
                .map(|(_, patch)| (patch.account_id.as_str(), parent(patch)))
                .collect();
            let order = parents_first(&links);
            let mut patches: Vec<_> = patches.into_iter().map(Some).collect();
            let mut outcomes = Vec::with_capacity(patches.len());
            for at in order {
                if let Some((index, patch)) = patches[at].take() {
                    let id = patch.account_id.clone();
                    outcomes.push((index, id, accounts::put(tx, patch, now)?));
                }
            }
            Ok(outcomes)
        })
        .await?;
    Ok(answer.with(outcomes))
}

fn parent(patch: &AccountPatch) -> Option<&str> {
    match &patch.parent_account_id {
        Change::Set(parent) => Some(parent),
        _ => None,
    }
}

/// Answers one account.
///
/// # Errors
/// 404 where it is unknown.
pub async fn get(
    State(app): State<App>,
    Path(account_id): Path<String>,
) -> Result<Json<Account>, ApiError> {
    one(&app, account_id).await
}

async fn one(app: &App, account_id: String) -> Result<Json<Account>, ApiError> {
    let id = account_id.clone();
    app.store
        .read(move |conn| accounts::find(conn, &id))
        .await?
        .map(Json)
        .ok_or_else(|| unknown(&account_id))
}

/// Inserts or modifies one account.
///
/// # Errors
/// 409 where the parent would make a cycle, 422 for a wrong record.
pub async fn put(
    State(app): State<App>,
    Path(account_id): Path<String>,
    JsonBody(record): JsonBody,
) -> Result<Json<Account>, ApiError> {
    let account_id = path_id(&account_id, "account_id")?;
    let patch = AccountPatch::from_record(record, Some(&account_id)).map_err(bulk::refused)?;
    let now = now_ms();
    app.store
        .write_unless_refused(move |tx| accounts::put(tx, patch, now))
        .await?
        .map_err(bulk::refused)?;
    one(&app, account_id).await
}

/// The id of a path, under the rules of every other id.
pub(crate) fn path_id(id: &str, field: &'static str) -> Result<String, ApiError> {
    natero_event::received::id(&Value::from(id)).ok_or_else(|| {
        bulk::refused(RecordError::Invalid {
            field,
            expected: "a string of 1 to 256 characters, or a whole number",
        })
    })
}

/// Deactivates one account.
///
/// # Errors
/// 404 where it is unknown.
pub async fn delete(
    State(app): State<App>,
    Path(account_id): Path<String>,
) -> Result<Json<Account>, ApiError> {
    let id = account_id.clone();
    let is_known = app
        .store
        .write(move |tx| accounts::deactivate(tx, &id))
        .await?;
    if !is_known {
        return Err(unknown(&account_id));
    }
    one(&app, account_id).await
}

/// Lists the accounts directly below one.
///
/// # Errors
/// 404 where it is unknown.
pub async fn children(
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Account>>, ApiError> {
    let page = page.page()?;
    let (records, total) = read_of(&app, &account_id, move |conn, no| {
        let filter = AccountFilter {
            parent: Some(no),
            ..AccountFilter::default()
        };
        accounts::list(conn, &filter, page)
    })
    .await?;
    Ok(Json(List::new(records, total, page)))
}

/// Lists the users of one account.
///
/// # Errors
/// 404 where it is unknown.
pub async fn users(
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<User>>, ApiError> {
    let page = page.page()?;
    let list = move |conn: &Connection, no| users::list(conn, Some(no), page);
    let (records, total) = read_of(&app, &account_id, list).await?;
    Ok(Json(List::new(records, total, page)))
}
