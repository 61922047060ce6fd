//! Records of an account: financials, support tickets, interactions and notes,
//! and their summary.

use axum::{Json, extract::State};
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock::now_ms,
    http::{
        api::{
            accounts::{Accounts, read_account},
            bulk::{self, BulkAnswer, List},
            resource::Resource,
        },
        error::ApiError,
        extract::{JsonBody, PageQuery, Path, Query},
        state::App,
    },
    model::{
        financial::Financial,
        note::{Note, NoteKind},
        record::RecordError,
    },
    store::sqlite::{
        account_records::{self, Summary},
        accounts,
        rows::AccountRow,
    },
};

/// Lists the financial records of an account, newest first.
///
/// # Errors
/// 404 when the account is unknown.
pub async fn list_financials(
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Value>>, ApiError> {
    let page = page.page()?;
    let (records, total) = read_account(&app, &account_id, move |conn, account| {
        account_records::list_financials(conn, account, page)
    })
    .await?;
    Ok(Json(List::new(records, total, page)))
}

/// Adds financial records to an account: one, or many as `{"records":[…]}`. A
/// record with the `id` of a stored one replaces it.
///
/// # Errors
/// 404 when the account is unknown, 422 when no record is accepted.
pub async fn post_financials(
    State(app): State<App>,
    Path(account_id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<BulkAnswer, ApiError> {
    let put =
        |tx: &Transaction<'_>, account, record| account_records::put_financial(tx, account, record);
    add(&app, &account_id, body, Financial::from_record, put).await
}

/// Lists tickets, interactions or notes of an account, newest first.
///
/// # Errors
/// 404 when the account is unknown.
pub async fn list_notes(
    kind: NoteKind,
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Value>>, ApiError> {
    let page = page.page()?;
    let (records, total) = read_account(&app, &account_id, move |conn, account| {
        account_records::list_notes(conn, account, kind, page)
    })
    .await?;
    Ok(Json(List::new(records, total, page)))
}

/// Adds tickets, interactions or notes to an account, like [`post_financials`].
///
/// # Errors
/// 404 when the account is unknown, 422 when no record is accepted.
pub async fn post_notes(
    kind: NoteKind,
    State(app): State<App>,
    Path(account_id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<BulkAnswer, ApiError> {
    let now = now_ms();
    let put = move |tx: &Transaction<'_>, account, note| {
        account_records::put_note(tx, account, kind, note, now)
    };
    add(&app, &account_id, body, Note::from_record, put).await
}

/// Parameters of the removal of a manager.
#[derive(Debug, Clone, Deserialize)]
pub struct ManagerQuery {
    email: String,
}

/// Removes a customer success manager from an account by `?email=`.
///
/// # Errors
/// 404 when the account is unknown or has no such manager.
pub async fn delete_manager(
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(ManagerQuery { email }): Query<ManagerQuery>,
) -> Result<Json<Value>, ApiError> {
    remove_manager(&app, account_id, email).await
}

/// Removes a customer success manager from an account by the path.
///
/// # Errors
/// As [`delete_manager`].
pub async fn delete_manager_of_path(
    State(app): State<App>,
    Path((account_id, email)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    remove_manager(&app, account_id, email).await
}

async fn remove_manager(
    app: &App,
    account_id: String,
    email: String,
) -> Result<Json<Value>, ApiError> {
    let (id, wanted) = (account_id.clone(), email.clone());
    let removed = app
        .store
        .write(move |tx| {
            accounts::find_row(tx, &id)?
                .map(|account| account_records::delete_manager(tx, account, &wanted))
                .transpose()
        })
        .await?
        .ok_or_else(|| Accounts::not_found(&account_id))?;
    if removed == 0 {
        return Err(ApiError::NotFound(format!(
            "no manager {email:?} is assigned to this account"
        )));
    }
    Ok(Json(
        serde_json::json!({ "status_is_ok": true, "removed": removed }),
    ))
}

/// Reads the records of a body and adds the valid ones to an account.
async fn add<T: Send + 'static>(
    app: &App,
    account_id: &str,
    body: Value,
    read: impl Fn(&Value) -> Result<T, RecordError>,
    put: impl Fn(&Transaction<'_>, AccountRow, T) -> rusqlite::Result<()> + Send + 'static,
) -> Result<BulkAnswer, ApiError> {
    let records = if body.get("records").is_some() || !body.is_object() {
        bulk::records(body)?
    } else {
        vec![body]
    };
    let mut answer = BulkAnswer::of(records.clone());
    let mut valid = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let id = bulk::record_id(&record, "id");
        answer.add(index, id, read(&record).map(|record| valid.push(record)));
    }
    let id = account_id.to_owned();
    let is_known = app
        .store
        .write(move |tx| {
            let Some(account) = accounts::find_row(tx, &id)? else {
                return Ok(false);
            };
            for record in valid {
                put(tx, account, record)?;
            }
            Ok(true)
        })
        .await?;
    if !is_known {
        return Err(Accounts::not_found(account_id));
    }
    Ok(answer)
}

/// The response to a summary.
#[derive(Debug, Clone, Serialize)]
pub struct AccountSummary {
    account_id: String,
    #[serde(flatten)]
    summary: Summary,
}

/// Answers the sums of the financial records, rolled up, and the numbers of the
/// other records, which do not roll up.
///
/// # Errors
/// 404 when the account is unknown.
pub async fn summary(
    State(app): State<App>,
    Path(account_id): Path<String>,
) -> Result<Json<AccountSummary>, ApiError> {
    let now = now_ms();
    let summary = read_account(&app, &account_id, move |conn, account| {
        account_records::summary(conn, account, now)
    })
    .await?;
    Ok(Json(AccountSummary {
        account_id,
        summary,
    }))
}
