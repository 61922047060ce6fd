//! The Event API: `POST /v1/{authKey}/{apiKey}`.

mod asked;
mod batch;
mod body;

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, header},
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
    store::sqlite::{
        self,
        events::{self, BatchOutcome, NewEvent},
        keys::{self as stored_keys, Source},
        refusals::{self, RefusedLines},
        streams::RejectedEvent,
    },
};

use asked::AskedQuery;
use batch::{Batch, RejectedLine};
use body::Encoding;

/// Most events of a batch in one transaction. They take the writer some tens of
/// ms, also where each names a new account and a new user, and batches of other
/// clients come between the parts. Trackers send fewer.
const PART_EVENTS: usize = 1000;

/// The response to a batch that is on disk.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    accepted: u64,
    duplicates: u64,
    set_aside: u64,
    rejected: Vec<RejectedLine>,
    /// Those of the asked ids that are not stored; absent when none was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacking: Option<String>,
}

/// Stores a batch, and answers once it is committed.
///
/// # Errors
/// The statuses of the Event API.
pub async fn post(
    State(app): State<App>,
    Path((auth_key, api_key)): Path<(String, String)>,
    Query(asked): Query<AskedQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, ApiError> {
    let mut source = app
        .store
        .read_now(|conn| stored_keys::find_source(conn, &auth_key, &api_key))?
        .ok_or(ApiError::Unauthorized(
            "unknown or revoked key pair; the address is /v1/{authKey}/{apiKey}, and `natero-collector keys create source` makes a pair",
        ))?;
    app.source_rate.count(source.row, Instant::now())?;
    source.allow_hierarchy |= app.config.allow_hierarchy;
    check_origin(&source.origins, &headers)?;
    let asked = asked.ids()?;
    let encoding = body::check_headers(&headers)?;
    app.clock.check(now_ms())?;
    let mut room = app.admission.room(source.row);
    let packed = body::receive(body, &headers, &mut room).await?;
    let now = now_ms();
    // It may have been set while the body arrived.
    app.clock.check(now)?;
    let asks = asked.is_some();
    let is_small = encoding == Encoding::Plain && packed.len() <= SMALL_BYTES;
    let (batch, lines, _room) = parse(&app, is_small, move || {
        if asks && packed.is_empty() {
            return Ok((Batch::default(), packed, room));
        }
        if encoding == Encoding::Plain {
            return Ok((Batch::read(&packed, now)?, packed, room));
        }
        let unpacked = body::unpack_gzip(&packed)?;
        room.grow(unpacked.len(), Instant::now())?;
        room.complete();
        Ok((Batch::read(&unpacked, now)?, unpacked, room))
    })
    .await?;

    let Batch {
        events,
        mut rejected,
        rejected_events,
    } = batch;
    let source_row = source.row;
    let mut refused = RefusedLines::default();
    for line in &rejected {
        refused.add(&line.error, line.account_id.as_deref());
    }
    let outcome = if rejected.is_empty() && (1..=PART_EVENTS).contains(&events.len()) {
        let batch = sqlite::Batch {
            events,
            lines: lines.into(),
            source,
            received_at: now,
        };
        app.store.write_batch(batch).await?
    } else {
        store_in_parts(&app, events, rejected_events, refused, source, now).await?
    };
    if outcome.accepted > 0 {
        app.clock.received(now);
    }
    rejected.extend(outcome.rejected.iter().map(|(line, error)| RejectedLine {
        line: *line,
        error: error.to_string(),
        account_id: None,
    }));
    rejected.sort_by_key(|rejected| rejected.line);
    let lacking = match asked {
        None => None,
        // The batch is committed, so its own events are not lacking.
        Some(ids) => Some(
            app.store
                .read(move |conn| events::lacking(conn, source_row, ids))
                .await?
                .join(","),
        ),
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
        lacking,
    }))
}

/// Stores a batch in parts, one after the other. When one fails, those before it
/// stay; the client sends the batch again, and their events are duplicates then.
/// Refused lines are counted with the last part, so that they count once.
async fn store_in_parts(
    app: &App,
    events: Vec<NewEvent>,
    rejected: Vec<RejectedEvent>,
    mut refused: RefusedLines,
    source: Source,
    now: i64,
) -> Result<BatchOutcome, ApiError> {
    let mut outcome = BatchOutcome::default();
    let (events, rejected) = (Arc::new(events), Arc::new(rejected));
    let source = Arc::new(source);
    let parts = events.len().max(rejected.len()).div_ceil(PART_EVENTS);
    let parts = parts.max(usize::from(!refused.is_empty()));
    for part in 0..parts {
        let of_part = move |length: usize| {
            let from = (part * PART_EVENTS).min(length);
            from..(from + PART_EVENTS).min(length)
        };
        let (events, rejected) = (Arc::clone(&events), Arc::clone(&rejected));
        let source = Arc::clone(&source);
        let weight = of_part(events.len()).len() + of_part(rejected.len()).len();
        let last = (part + 1 == parts).then(|| std::mem::take(&mut refused));
        let stored = app.store.write_weighing(weight, move |tx| {
            let events = &events[of_part(events.len())];
            let rejected = &rejected[of_part(rejected.len())];
            let outcome = events::insert_batch(tx, events, rejected, &source, now)?;
            if let Some(mut refused) = last {
                outcome.count_refused(&mut refused);
                refusals::record(tx, source.row, refused, now)?;
            }
            Ok(outcome)
        });
        let stored = stored.await?;
        if part + 1 < parts {
            stored.count_refused(&mut refused);
        }
        outcome.add(stored);
    }
    Ok(outcome)
}

/// A body of at most so many bytes is parsed on the thread of its connection, which
/// takes less than a tenth of a ms: moving it to another takes longer.
const SMALL_BYTES: usize = 16 * 1024;

/// Runs `work` on a thread for blocking work, unless it is small. Unpacking and
/// parsing the largest batch takes tens of ms, too long for a thread that serves
/// connections.
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

/// Checks the origin of a page. Only browsers send an origin, and only they can
/// be made to send requests that their user did not intend; a request without
/// one comes from a program.
fn check_origin(allowed: &[String], headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    if allowed.is_empty() || allowed.iter().any(|allowed| allowed.as_str() == origin) {
        return Ok(());
    }
    Err(ApiError::Forbidden(
        "this key pair may not be used from this origin; make a pair with `keys create source --origin`".into(),
    ))
}

/// What a body with `Content-Encoding: gzip` holds, or `None` where it is
/// refused. For the fuzz target of packed bodies, which needs no server.
#[doc(hidden)]
pub fn unpack_gzip(packed: &[u8]) -> Option<Bytes> {
    body::unpack_gzip(packed).ok()
}
