//! Answers of calls that take or give many records.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;

use crate::{entity::RecordError, error::ApiError, store::page::Page};

/// Records in one call. Each takes the writer some 20 µs, and events wait
/// meanwhile.
const MAX_RECORDS: usize = 20_000;

/// One page of a list.
#[derive(Debug, Clone, Serialize)]
pub struct List<T> {
    records: Vec<T>,
    page: i64,
    next_page: Option<i64>,
    total: i64,
}

impl<T> List<T> {
    /// A page of a list of `total` records.
    pub fn new(records: Vec<T>, total: i64, page: Page) -> Self {
        let has_more = page.number.saturating_mul(page.limit) < total;
        List {
            records,
            page: page.number,
            next_page: has_more.then(|| page.number + 1),
            total,
        }
    }
}

/// A record that was refused, by its place in the call from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedRecord {
    index: usize,
    id: Option<String>,
    error: String,
}

/// What became of the records of a call.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BulkAnswer {
    accepted: usize,
    rejected: Vec<RejectedRecord>,
}

impl BulkAnswer {
    /// Notes what became of one record.
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
        if self.accepted > 0 {
            return Json(self).into_response();
        }
        let body = serde_json::json!({
            "error": "no record was accepted; `rejected` says what to change in each",
            "accepted": 0,
            "rejected": self.rejected,
        });
        (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
    }
}

/// The records of a bulk body.
///
/// # Errors
/// 400 where there is no list of records, 413 where it is too long, 422 where
/// it is empty.
pub fn records(body: Value) -> Result<Vec<Value>, ApiError> {
    let Value::Object(mut body) = body else {
        return Err(no_records());
    };
    let Some(Value::Array(records)) = body.remove("records") else {
        return Err(no_records());
    };
    if records.len() > MAX_RECORDS {
        return Err(ApiError::TooLarge(format!(
            "more than {MAX_RECORDS} records; send fewer at a time"
        )));
    }
    if records.is_empty() {
        return Err(ApiError::Unprocessable(
            "`records` is empty; send at least one record".into(),
        ));
    }
    Ok(records)
}

fn no_records() -> ApiError {
    ApiError::BadRequest("send {\"records\":[…]} with one JSON object for each record".into())
}

/// A refusal of a call for one record.
pub fn refused(error: RecordError) -> ApiError {
    if error.is_conflict() {
        ApiError::Conflict(error.to_string())
    } else {
        ApiError::Unprocessable(error.to_string())
    }
}
