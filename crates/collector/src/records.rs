//! Records of an account: financials, support tickets, interactions and notes,
//! and the summary over them.

use axum::{Json, extract::State};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;

use crate::{
    accounts::{read_of, unknown},
    app::{App, now_ms},
    bulk::{self, BulkAnswer, List},
    entity::{Financial, Note},
    error::ApiError,
    extract::{JsonBody, PageQuery, Path, Query},
    rollup::Kind,
    store::{
        accounts,
        records::{self, Summary},
    },
};

/// Lists records of an account, newest first.
///
/// # Errors
/// 404 where the account is unknown.
pub async fn list(
    kind: Kind,
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Value>>, ApiError> {
    let page = page.page()?;
    let list = move |conn: &Connection, no| records::list(conn, no, kind, page);
    let (records, total) = read_of(&app, &account_id, list).await?;
    Ok(Json(List::new(records, total, page)))
}

/// Adds records to an account: one, or many as `{"records":[…]}`. A record
/// with the `id` of an earlier one replaces it.
///
/// # Errors
/// 404 where the account is unknown, 422 where no record is accepted.
pub async fn post(
    kind: Kind,
    State(app): State<App>,
    Path(account_id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<BulkAnswer, ApiError> {
    let records = if body.get("records").is_some() || !body.is_object() {
        bulk::records(body)?
    } else {
        vec![body]
    };
    let mut answer = BulkAnswer::default();
    let mut good = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let id = bulk::named(&record, "id");
        let read = match kind {
            Kind::Financials => Financial::from_record(&record).map(Record::Financial),
            _ => Note::from_record(&record).map(Record::Note),
        };
        answer.add(index, id, read.map(|record| good.push(record)));
    }
    let id = account_id.clone();
    let now = now_ms();
    let is_known = app
        .store
        .write(move |tx| {
            let Some(no) = accounts::no(tx, &id)? else {
                return Ok(false);
            };
            for record in good {
                match record {
                    Record::Financial(record) => records::put_financial(tx, no, record)?,
                    Record::Note(note) => records::put_note(tx, no, kind, note, now)?,
                }
            }
            Ok(true)
        })
        .await?;
    if !is_known {
        return Err(unknown(&account_id));
    }
    Ok(answer)
}

enum Record {
    Financial(Financial),
    Note(Note),
}

/// The answer to a summary.
#[derive(Debug, Clone, Serialize)]
pub struct AccountSummary {
    account_id: String,
    #[serde(flatten)]
    summary: Summary,
}

/// Answers money, rolled up, and counts of what is not.
///
/// # Errors
/// 404 where the account is unknown.
pub async fn summary(
    State(app): State<App>,
    Path(account_id): Path<String>,
) -> Result<Json<AccountSummary>, ApiError> {
    let summary = read_of(&app, &account_id, records::summary).await?;
    Ok(Json(AccountSummary {
        account_id,
        summary,
    }))
}
