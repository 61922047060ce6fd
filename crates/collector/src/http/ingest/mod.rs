//! The Event API: `POST /v1/{authKey}/{apiKey}`.

mod batch;
mod body;
mod missing_query;
mod reading;
mod receipt;
mod sender;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::HeaderMap,
};

use crate::{
    clock::now_ms,
    http::{
        error::ApiError,
        extract::{Path, Query},
        state::App,
    },
    store::{self, refused_lines::RefusedLines},
};

use batch::{Batch, RejectedLine};
use missing_query::MissingQuery;
use reading::BatchBody;
pub use receipt::Receipt;

/// Stores a batch, and answers once it is committed.
///
/// # Errors
/// One of the statuses of the Event API.
pub async fn post(
    State(app): State<App>,
    Path((auth_key, api_key)): Path<(String, String)>,
    Query(query): Query<MissingQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, ApiError> {
    let source = sender::admitted(&app, &auth_key, &api_key, &headers).await?;
    let source_id = source.id;
    let event_ids = query.ids()?;
    let encoding = body::check_headers(&headers)?;
    app.clock.record_key(source.created_at);
    app.clock.check(now_ms())?;
    let mut room = app.admission.room(source_id);
    let packed = body::receive(body, &headers, &mut room).await?;
    let now = now_ms();
    // The clock may have been set while the body arrived.
    app.clock.check(now)?;
    let received = BatchBody {
        packed,
        encoding,
        may_be_empty: event_ids.is_some(),
        room,
    };
    // The room is released once the batch is stored.
    let (batch, lines, _room) = received.read(&app, source.trusted, now).await?;

    let Batch {
        events,
        mut rejected,
        rejected_events,
        has_future,
    } = batch;
    if has_future {
        // A rejected event is not sent again, and the clock may be what is wrong.
        app.clock.check_unconfirmed(now)?;
    }
    let outcome = app
        .store
        .ingest(store::batch::Batch {
            events,
            lines: lines.into(),
            rejected: rejected_events,
            refused: refused(&rejected),
            source,
            received_at: now,
        })
        .await?;
    if outcome.accepted > 0 {
        app.clock.record_arrival(now);
    }
    let missing = match event_ids {
        None => None,
        // The batch is committed, so its own events do not count as lacking.
        Some(ids) => Some(app.store.missing_events(source_id, ids).await?.join(",")),
    };
    rejected.extend(RejectedLine::by_store(&outcome.rejected));
    let receipt = Receipt::new(&outcome, rejected, missing);
    receipt.count(&app.metrics);
    Ok(Json(receipt))
}

/// The rejected lines, counted by reason and account.
fn refused(rejected: &[RejectedLine]) -> RefusedLines {
    let mut refused = RefusedLines::default();
    for line in rejected {
        refused.add(&line.kind, &line.error, line.account_id.as_deref());
    }
    refused
}

/// The decompressed body of `Content-Encoding: gzip`, or `None` if it is refused. For the
/// fuzz target of compressed bodies, which needs no server.
#[doc(hidden)]
pub fn unpack_gzip(packed: &[u8]) -> Option<Bytes> {
    body::unpack_gzip(packed).ok()
}
