//! `/api/v2/account_users`.

use axum::{Json, extract::State};
use rusqlite::Connection;
use serde::Deserialize;

use crate::{
    accounts::{path_id, read_of},
    app::{App, now_ms},
    bulk::{self, BulkAnswer, List},
    entity::{User, UserPatch},
    error::ApiError,
    extract::{JsonBody, PageQuery, Path, Query},
    store::users,
};

/// Parameters of the list.
#[derive(Debug, Clone, Deserialize)]
pub struct ListQuery {
    account_id: Option<String>,
}

fn unknown_user(user_id: &str) -> ApiError {
    ApiError::NotFound(format!(
        "no user {user_id:?}; it is made by its first event or by POST /api/v2/account_users"
    ))
}

/// Lists users.
///
/// # Errors
/// 400 for wrong parameters, 404 where the account is unknown.
pub async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<User>>, ApiError> {
    let page = page.page()?;
    let list = move |conn: &Connection, account| users::list(conn, account, page);
    let (records, total) = match query.account_id {
        Some(id) => read_of(&app, &id, move |conn, no| list(conn, Some(no))).await?,
        None => app.store.read(move |conn| list(conn, None)).await?,
    };
    Ok(Json(List::new(records, total, page)))
}

/// Inserts or modifies many users.
///
/// # Errors
/// 400, 413, or 422 where none is accepted.
pub async fn post(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<BulkAnswer, ApiError> {
    let (answer, patches) = BulkAnswer::reading(body, "user_id", |record| {
        UserPatch::from_record(record, None)
    })?;
    let now = now_ms();
    let outcomes = app
        .store
        .write(move |tx| {
            patches
                .into_iter()
                .map(|(index, patch)| {
                    let id = patch.user_id.clone();
                    Ok((index, id, users::put(tx, patch, now)?))
                })
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .await?;
    Ok(answer.with(outcomes))
}

/// Answers one user.
///
/// # Errors
/// 404 where it is unknown.
pub async fn get(
    State(app): State<App>,
    Path(user_id): Path<String>,
) -> Result<Json<User>, ApiError> {
    one(&app, user_id).await
}

async fn one(app: &App, user_id: String) -> Result<Json<User>, ApiError> {
    let id = user_id.clone();
    app.store
        .read(move |conn| users::find(conn, &id))
        .await?
        .map(Json)
        .ok_or_else(|| unknown_user(&user_id))
}

/// Inserts or modifies one user.
///
/// # Errors
/// 409 where it belongs to another account, 422 for a wrong record.
pub async fn put(
    State(app): State<App>,
    Path(user_id): Path<String>,
    JsonBody(record): JsonBody,
) -> Result<Json<User>, ApiError> {
    let user_id = path_id(&user_id, "user_id")?;
    let patch = UserPatch::from_record(record, Some(&user_id)).map_err(bulk::refused)?;
    let now = now_ms();
    app.store
        .write_unless_refused(move |tx| users::put(tx, patch, now))
        .await?
        .map_err(bulk::refused)?;
    one(&app, user_id).await
}

/// Deactivates one user.
///
/// # Errors
/// 404 where it is unknown.
pub async fn delete(
    State(app): State<App>,
    Path(user_id): Path<String>,
) -> Result<Json<User>, ApiError> {
    let id = user_id.clone();
    let is_known = app
        .store
        .write(move |tx| users::deactivate(tx, &id))
        .await?;
    if !is_known {
        return Err(unknown_user(&user_id));
    }
    one(&app, user_id).await
}
