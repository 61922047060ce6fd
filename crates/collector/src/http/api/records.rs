//! Records of an account: financials, support tickets, interactions and notes,
//! and their summary.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock::now_ms,
    http::{
        api::{
            accounts::Accounts,
            bulk::{self, BulkAnswer, List},
            resource::Resource,
        },
        error::ApiError,
        extract::{Id, JsonBody, PageQuery, Path, Query},
        state::App,
    },
    model::{
        financial::Financial,
        note::{Note, NoteKind},
        page::Page,
        record::{self, RecordError},
        record_body,
        record_kind::RecordKind,
    },
    store::{records::NewRecords, summary::Summary},
};

/// Lists the financial records of an account, newest first.
///
/// # Errors
/// 404 when the account is unknown.
pub async fn list_financials(
    State(app): State<App>,
    Path(Id(account_id)): Path<Id>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Value>>, ApiError> {
    let page = page.page()?;
    list(&app, account_id, RecordKind::Financials, page).await
}

async fn list(
    app: &App,
    account_id: String,
    kind: RecordKind,
    page: Page,
) -> Result<Json<List<Value>>, ApiError> {
    let found = app.store.records(account_id.clone(), kind, page).await?;
    let (records, total) = found.ok_or_else(|| Accounts::not_found(&account_id))?;
    Ok(Json(List::new(records, total, page)))
}

/// Adds financial records to an account: one, or many as `{"records":[…]}`. A
/// record with the `id` of a stored one replaces it.
///
/// # Errors
/// 404 when the account is unknown, 422 when no record is accepted.
pub async fn post_financials(
    State(app): State<App>,
    Path(Id(account_id)): Path<Id>,
    JsonBody(body): JsonBody,
) -> Result<BulkAnswer, ApiError> {
    let (answer, valid) = read(body, &account_id, Financial::from_record)?;
    add(&app, account_id, answer, NewRecords::Financials(valid)).await
}

/// Lists tickets, interactions or notes of an account, newest first.
///
/// # Errors
/// 404 when the account is unknown.
pub async fn list_notes(
    kind: NoteKind,
    State(app): State<App>,
    Path(Id(account_id)): Path<Id>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Value>>, ApiError> {
    let page = page.page()?;
    list(&app, account_id, RecordKind::Notes(kind), page).await
}

/// Adds tickets, interactions or notes to an account, like [`post_financials`].
///
/// # Errors
/// 404 when the account is unknown, 422 when no record is accepted.
pub async fn post_notes(
    kind: NoteKind,
    State(app): State<App>,
    Path(Id(account_id)): Path<Id>,
    JsonBody(body): JsonBody,
) -> Result<BulkAnswer, ApiError> {
    let (answer, valid) = read(body, &account_id, Note::from_record)?;
    add(&app, account_id, answer, NewRecords::Notes(kind, valid)).await
}

/// Removes a record of an account by its id.
///
/// # Errors
/// 404 when the account is unknown or has no such record.
pub async fn delete(
    kind: RecordKind,
    State(app): State<App>,
    Path((Id(account_id), Id(id))): Path<(Id, Id)>,
) -> Result<Json<Value>, ApiError> {
    let removed = app
        .store
        .delete_record(account_id.clone(), kind, id.clone())
        .await?
        .ok_or_else(|| Accounts::not_found(&account_id))?;
    if !removed {
        return Err(ApiError::NotFound(format!(
            "this account has no such record with the id {id:?}; a GET of the list tells the ids"
        )));
    }
    Ok(Json(
        serde_json::json!({ "status_is_ok": true, "removed": 1 }),
    ))
}

/// Parameters for removing a manager.
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
    Path(Id(account_id)): Path<Id>,
    Query(ManagerQuery { email }): Query<ManagerQuery>,
) -> Result<Json<Value>, ApiError> {
    remove_manager(&app, account_id, email).await
}

/// Removes a customer success manager from an account. The path contains the e-mail address,
/// or the id of the record.
///
/// # Errors
/// As [`delete_manager`].
pub async fn delete_manager_of_path(
    State(app): State<App>,
    Path((Id(account_id), Id(email))): Path<(Id, Id)>,
) -> Result<Json<Value>, ApiError> {
    remove_manager(&app, account_id, email).await
}

async fn remove_manager(
    app: &App,
    account_id: String,
    email: String,
) -> Result<Json<Value>, ApiError> {
    let mut removed = app
        .store
        .delete_manager(account_id.clone(), email.clone())
        .await?
        .ok_or_else(|| Accounts::not_found(&account_id))?;
    if removed == 0 {
        let kind = RecordKind::Notes(NoteKind::AssignedCsms);
        let by_id = app.store.delete_record(account_id, kind, email.clone());
        removed = usize::from(by_id.await? == Some(true));
    }
    if removed == 0 {
        return Err(ApiError::NotFound(format!(
            "no manager {email:?} is assigned to this account"
        )));
    }
    Ok(Json(
        serde_json::json!({ "status_is_ok": true, "removed": removed }),
    ))
}

/// Reads the records of a body for an account. Returns the valid ones, and an answer that lists
/// the others.
fn read<T>(
    body: Value,
    account_id: &str,
    read: impl Fn(&Value) -> Result<T, RecordError>,
) -> Result<(BulkAnswer, Vec<T>), ApiError> {
    let is_bare = body
        .as_object()
        .is_some_and(|fields| !fields.contains_key("records") && !fields.contains_key("data"));
    let records = if is_bare {
        vec![body]
    } else {
        // An account next to the list is that of all its records.
        record::check_account(&body, account_id).map_err(bulk::rejection)?;
        bulk::records(body)?
    };
    let mut answer = BulkAnswer::of(records.clone());
    let mut valid = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let id = bulk::record_id(&record, "id");
        let outcome = record_body::of_list(record).and_then(|record| {
            record::check_account(&record, account_id)?;
            read(&record)
        });
        answer.add(index, id, outcome.map(|record| valid.push(record)));
    }
    Ok((answer, valid))
}

/// Adds records to an account.
async fn add(
    app: &App,
    account_id: String,
    answer: BulkAnswer,
    records: NewRecords,
) -> Result<BulkAnswer, ApiError> {
    let is_known = app
        .store
        .put_records(account_id.clone(), records, now_ms())
        .await?;
    if !is_known {
        return Err(Accounts::not_found(&account_id));
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

/// Returns the sums of the financial records, rolled up over the subtree, and the numbers of
/// the other records, which are not rolled up.
///
/// # Errors
/// 404 when the account is unknown.
pub async fn summary(
    State(app): State<App>,
    Path(Id(account_id)): Path<Id>,
) -> Result<Json<AccountSummary>, ApiError> {
    let summary = app.store.summary(account_id.clone(), now_ms()).await?;
    let summary = summary.ok_or_else(|| Accounts::not_found(&account_id))?;
    Ok(Json(AccountSummary {
        account_id,
        summary,
    }))
}
