//! Responses to calls that take or return many records.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    http::error::ApiError,
    model::{page::Page, record::RecordError, record_body},
    store::accounts::RecordOutcome,
};

/// Most records in one call. Each takes the writer some 20 µs, during which events have to
/// wait.
pub(super) const MAX_RECORDS: usize = 20_000;

/// One page of a list, in the shape of the original API.
#[derive(Debug, Clone, Serialize)]
pub struct List<T> {
    results: Vec<T>,
    status_is_ok: bool,
    /// Number of the page, from 0.
    current_page: i64,
    /// Records on a full page. A page with fewer is the last one.
    max_page_size: i64,
    next_page: Option<i64>,
    total: i64,
}

impl RejectedRecord {
    /// A rejected record.
    pub fn new(index: usize, id: Option<String>, error: String) -> Self {
        RejectedRecord { index, id, error }
    }

    /// Its index in the call, from 0.
    pub fn index(&self) -> usize {
        self.index
    }
}

impl<T> List<T> {
    /// A page of a list with `total` records on all pages.
    pub fn new(results: Vec<T>, total: i64, page: Page) -> Self {
        // Clients count pages from 0.
        let has_more = page.number.saturating_mul(page.limit) < total;
        List {
            results,
            status_is_ok: true,
            current_page: page.number - 1,
            max_page_size: page.limit,
            next_page: has_more.then_some(page.number),
            total,
        }
    }
}

/// A rejected record, with its index in the call from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedRecord {
    index: usize,
    id: Option<String>,
    error: String,
}

/// A rejected record, in the shape of the original API.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct FailedRecord {
    record: Value,
    message: String,
}

/// A record as it was sent.
#[derive(Debug, Clone)]
pub struct SentRecord {
    /// The record itself.
    pub record: Value,
    /// Why it is refused before it is parsed, such as a line of a table with the wrong number
    /// of cells.
    pub refusal: Option<RecordError>,
}

impl From<Value> for SentRecord {
    fn from(record: Value) -> Self {
        SentRecord {
            record,
            refusal: None,
        }
    }
}

/// The outcome of every record of a call.
#[derive(Debug, Clone, Default)]
pub struct BulkAnswer {
    accepted: usize,
    rejected: Vec<RejectedRecord>,
    /// The records, as they were sent.
    sent: Vec<Value>,
}

impl BulkAnswer {
    /// Reads the records of a call. Returns the patches with the indices of their records,
    /// and an answer that lists the invalid records. `field` is the name of the id field.
    pub fn read<T>(
        sent: Vec<SentRecord>,
        field: &str,
        patch: impl Fn(Value) -> Result<T, RecordError>,
    ) -> (Self, Vec<(usize, T)>) {
        let mut answer = BulkAnswer::default();
        let mut patches = Vec::new();
        for (index, SentRecord { record, refusal }) in sent.into_iter().enumerate() {
            let id = record_id(&record, field);
            answer.sent.push(record.clone());
            let read = match refusal {
                None => record_body::of_list(record).and_then(&patch),
                Some(refused) => Err(refused),
            };
            match read {
                Ok(patch) => patches.push((index, patch)),
                Err(refused) => answer.add(index, id, Err(refused)),
            }
        }
        (answer, patches)
    }

    /// An answer to a call whose records have no outcome yet.
    pub fn of(sent: Vec<Value>) -> Self {
        BulkAnswer {
            sent,
            ..BulkAnswer::default()
        }
    }

    /// Adds the outcomes of many records.
    #[must_use]
    pub fn with(mut self, outcomes: Vec<RecordOutcome>) -> Self {
        for (index, id, outcome) in outcomes {
            self.add(index, Some(id), outcome);
        }
        self
    }

    /// Adds the outcome of one record.
    pub fn add(&mut self, index: usize, id: Option<String>, outcome: Result<(), RecordError>) {
        match outcome {
            Ok(()) => self.accepted += 1,
            Err(error) => self.rejected.push(RejectedRecord {
                index,
                id,
                error: error.to_string(),
            }),
        }
    }
}

impl IntoResponse for BulkAnswer {
    fn into_response(mut self) -> Response {
        self.rejected.sort_by_key(|record| record.index);
        let failed: Vec<_> = self
            .rejected
            .iter()
            .map(|rejected| FailedRecord {
                record: self.sent.get(rejected.index).cloned().unwrap_or_default(),
                message: rejected.error.clone(),
            })
            .collect();
        let mut body = serde_json::json!({
            "accepted": self.accepted,
            "rejected": self.rejected,
            "failed_results": failed,
            "status_is_ok": self.accepted > 0,
        });
        if self.accepted > 0 {
            return Json(body).into_response();
        }
        body["error"] = "no record was accepted; `rejected` says what to change in each".into();
        (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
    }
}

/// The records of a bulk body.
///
/// # Errors
/// 400 when the body has no list of records, 413 when the list is too long, 422
/// when it is empty.
pub fn records(body: Value) -> Result<Vec<Value>, ApiError> {
    let records = record_body::many(body).ok_or_else(no_record_list)?;
    if records.len() > MAX_RECORDS {
        return Err(ApiError::TooLarge(format!(
            "more than {MAX_RECORDS} records; send fewer at a time"
        )));
    }
    if records.is_empty() {
        return Err(ApiError::Unprocessable(
            "the list of records is empty; send at least one record".into(),
        ));
    }
    Ok(records)
}

fn no_record_list() -> ApiError {
    ApiError::BadRequest(
        "send {\"records\":[…]} or a list, with one JSON object for each record".into(),
    )
}

/// The record of a PUT, bare or as `{"data":{…}}`.
///
/// # Errors
/// 422 when the body holds no single record.
pub fn single_record(body: Value) -> Result<Value, ApiError> {
    record_body::single(body).map_err(rejection)
}

/// The id of a record that may otherwise be invalid, if the id can be read.
pub(crate) fn record_id(record: &Value, field: &str) -> Option<String> {
    let within = || record.get("data").and_then(|data| data.get(field));
    let found = record.get(field).or_else(within);
    found.and_then(natero_event::received::id)
}

/// The error of a call whose only record is rejected.
pub fn rejection(error: RecordError) -> ApiError {
    if error.is_conflict() {
        ApiError::Conflict(error.to_string())
    } else {
        ApiError::Unprocessable(error.to_string())
    }
}
