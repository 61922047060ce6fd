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

/// Place in the call, id, and what became of a record.
pub type Outcome = (usize, String, Result<(), RecordError>);

/// A patch with the place of its record in the call.
pub type Placed<T> = (usize, T);

impl BulkAnswer {
    /// Reads the records of a call: the patches, and an answer that tells of
    /// those that are none. `field` is that of the id.
    ///
    /// # Errors
    /// As [`records`].
    pub fn reading<T>(
        body: Value,
        field: &str,
        patch: impl Fn(Value) -> Result<T, RecordError>,
    ) -> Result<(Self, Vec<Placed<T>>), ApiError> {
        let mut answer = BulkAnswer::default();
        let mut patches = Vec::new();
        for (index, record) in records(body)?.into_iter().enumerate() {
            let id = named(&record, field);
            match patch(record) {
                Ok(patch) => patches.push((index, patch)),
                Err(refused) => answer.add(index, id, Err(refused)),
            }
        }
        Ok((answer, patches))
    }

    /// Notes what became of many records: place, id and outcome.
    #[must_use]
    pub fn with(mut self, outcomes: Vec<Outcome>) -> Self {
        for (index, id, outcome) in outcomes {
            self.add(index, Some(id), outcome);
        }
        self
    }

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

/// What a refused record calls itself, as far as it can be read.
pub(crate) fn named(record: &Value, field: &str) -> Option<String> {
    record.get(field).and_then(natero_event::received::id)
}

/// A refusal of a call for one record.
pub fn refused(error: RecordError) -> ApiError {
    if error.is_conflict() {
        ApiError::Conflict(error.to_string())
    } else {
        ApiError::Unprocessable(error.to_string())
    }
}
