//! The body of a bulk call: JSON, or a table.

use axum::{
    extract::{FromRequest, Request},
    http::header,
};

use crate::{
    http::{
        api::bulk::{self, MAX_RECORDS, SentRecord},
        error::ApiError,
        extract::{JsonBody, receive_body},
    },
    model::csv_records::{self, TableLine},
};

/// The records of a bulk call: `{"records":[…]}`, or CSV whose first line names the
/// fields.
#[derive(Debug, Clone)]
pub struct RecordsBody(pub Vec<SentRecord>);

impl<S: Sync> FromRequest<S> for RecordsBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("text/csv") {
            let JsonBody(body) = JsonBody::from_request(request, state).await?;
            let records = bulk::records(body)?;
            return Ok(RecordsBody(
                records.into_iter().map(SentRecord::from).collect(),
            ));
        }
        let bytes = receive_body(request).await?;
        // Reading a large table takes a tenth of a second.
        let read = tokio::task::spawn_blocking(move || read_table(bytes));
        read.await.map_err(|_| ApiError::Internal)?.map(RecordsBody)
    }
}

fn read_table(bytes: Vec<u8>) -> Result<Vec<SentRecord>, ApiError> {
    let text = String::from_utf8(bytes)
        .map_err(|_| ApiError::BadRequest("the table is not UTF-8; save it as UTF-8".into()))?;
    let records = csv_records::read(&text, MAX_RECORDS).map_err(|cause| match cause {
        csv_records::TableError::TooMany(_) => ApiError::TooLarge(cause.to_string()),
        csv_records::TableError::Empty
        | csv_records::TableError::Repeated(_)
        | csv_records::TableError::Line { .. } => ApiError::BadRequest(cause.to_string()),
    })?;
    if records.is_empty() {
        return Err(ApiError::Unprocessable(
            "the table has no line below the names of its fields; send at least one record".into(),
        ));
    }
    let sent = |line: TableLine| SentRecord {
        record: line.record,
        refusal: line.refusal,
    };
    Ok(records.into_iter().map(sent).collect())
}
