//! The Event API: `POST /v1/{authKey}/{apiKey}`.

mod batch;
mod body;
mod missing_query;

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, header},
};
use serde::Serialize;

use crate::{
    clock::now_ms,
    http::{
        error::ApiError,
        extract::{Path, Query},
        state::App,
    },
    metrics::Outcome,
    model::origin::Origin,
    store::{self, event_key::IdScope, rates::RateSubject, refused_lines::RefusedLines},
};

use batch::{Batch, RejectedLine};
use body::Encoding;
use missing_query::MissingQuery;

/// The response to a batch that is on disk.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    accepted: u64,
    duplicates: u64,
    set_aside: u64,
    rejected: Vec<RejectedLine>,
    /// Those of the ids in `asked` that are not stored; absent when the client asked for
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacking: Option<String>,
}

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
    let mut source = app
        .store
        .source(&auth_key, &api_key)
        .await?
        .ok_or(ApiError::Unauthorized(
            "unknown or revoked key pair; the address is /v1/{authKey}/{apiKey}, and `natero-collector keys create source` makes a pair",
        ))?;
    app.count_request(RateSubject::Source(source.id)).await?;
    source.allow_hierarchy |= app.config.allow_hierarchy;
    check_origin(&source.origins, &headers)?;
    let event_ids = query.ids()?;
    let encoding = body::check_headers(&headers)?;
    app.clock.record_key(source.created_at);
    app.clock.check(now_ms())?;
    let mut room = app.admission.room(source.id);
    let packed = body::receive(body, &headers, &mut room).await?;
    let now = now_ms();
    // The clock may have been set while the body arrived.
    app.clock.check(now)?;
    let asks = event_ids.is_some();
    let scope = IdScope::of(source.trusted);
    let is_small = encoding == Encoding::Plain && packed.len() <= SMALL_BYTES;
    let (batch, lines, _room) = parse(&app, is_small, move || {
        if asks && packed.is_empty() {
            return Ok((Batch::default(), packed, room));
        }
        if encoding == Encoding::Plain {
            return Ok((Batch::read(&packed, scope, now)?, packed, room));
        }
        let unpacked = body::unpack_gzip(&packed)?;
        room.grow(unpacked.len(), Instant::now())?;
        room.complete();
        Ok((Batch::read(&unpacked, scope, now)?, unpacked, room))
    })
    .await?;

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
    let source_id = source.id;
    let mut refused = RefusedLines::default();
    for line in &rejected {
        refused.add(&line.kind, &line.error, line.account_id.as_deref());
    }
    let outcome = app
        .store
        .ingest(store::batch::Batch {
            events,
            lines: lines.into(),
            rejected: rejected_events,
            refused,
            source,
            received_at: now,
        })
        .await?;
    if outcome.accepted > 0 {
        app.clock.record_arrival(now);
    }
    rejected.extend(outcome.rejected.iter().map(|(line, error)| RejectedLine {
        line: *line,
        error: error.to_string(),
        kind: String::new(),
        account_id: None,
    }));
    rejected.sort_by_key(|rejected| rejected.line);
    let missing = match event_ids {
        None => None,
        // The batch is committed, so its own events do not count as lacking.
        Some(ids) => Some(app.store.missing_events(source_id, ids).await?.join(",")),
    };
    let counted = outcome.accepted - outcome.set_aside;
    for (kind, count) in [
        (Outcome::Accepted, counted),
        (Outcome::SetAside, outcome.set_aside),
        (Outcome::Duplicate, outcome.duplicates),
        (Outcome::Rejected, rejected.len() as u64),
    ] {
        app.metrics.count_events(kind, count);
    }
    Ok(Json(Receipt {
        accepted: outcome.accepted,
        duplicates: outcome.duplicates,
        set_aside: outcome.set_aside,
        rejected,
        lacking: missing,
    }))
}

/// A body of at most this many bytes is parsed on the thread of its connection. That takes
/// less than 0.1 ms; moving it to another thread would take longer.
const SMALL_BYTES: usize = 16 * 1024;

/// Runs `work` on a thread for blocking work, unless it is small. Decompressing and parsing
/// the largest batch takes tens of ms, too long for a thread that serves connections.
async fn parse<T: Send + 'static>(
    app: &App,
    is_small: bool,
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    if is_small {
        return work();
    }
    let permit = Arc::clone(&app.admission.parsers)
        .acquire_owned()
        .await
        .map_err(|_| ApiError::Internal)?;
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    })
    .await
    .map_err(|_| ApiError::Internal)?
}

/// Checks the origin of a page. Only browsers send an origin, and only browsers can be made
/// to send requests that their user did not intend. A request without an origin comes from a
/// program.
fn check_origin(allowed: &[String], headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    if allowed.is_empty() || allowed.iter().any(|allowed| is_same(allowed, origin)) {
        return Ok(());
    }
    Err(ApiError::Forbidden(
        "this key pair may not be used from this origin; make a pair with `keys create source --origin`".into(),
    ))
}

/// Whether the origin that a browser sent equals a stored one. Earlier versions stored what
/// the operator wrote without normalizing it.
fn is_same(stored: &str, sent: &HeaderValue) -> bool {
    stored == sent || (stored.parse::<Origin>()).is_ok_and(|origin| origin.as_str() == sent)
}

/// The decompressed body of `Content-Encoding: gzip`, or `None` if it is refused. For the
/// fuzz target of compressed bodies, which needs no server.
#[doc(hidden)]
pub fn unpack_gzip(packed: &[u8]) -> Option<Bytes> {
    body::unpack_gzip(packed).ok()
}
