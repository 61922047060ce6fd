//! The Event API: `POST /v1/{authKey}/{apiKey}`.

mod batch;
mod body;

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
};
use serde::Serialize;

use crate::{
    app::{App, now_ms},
    error::ApiError,
    extract::Path,
    limits::Admission,
    metrics::Outcome,
    store::{
        events::{self, Kept},
        keys as stored_keys,
    },
};

use batch::{Batch, RejectedLine};

/// The answer to a batch that is on disk.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    accepted: u64,
    duplicates: u64,
    set_aside: u64,
    rejected: Vec<RejectedLine>,
}

/// Takes a batch, and answers once it is committed.
///
/// # Errors
/// The statuses of the Event API.
pub async fn post(
    State(app): State<App>,
    Path((auth_key, api_key)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, ApiError> {
    let mut source = app
        .store
        .read_now(|conn| stored_keys::source(conn, &auth_key, &api_key))?
        .ok_or(ApiError::Unauthorized(
            "unknown or revoked key pair; the address is /v1/{authKey}/{apiKey}, and `natero-collector keys create source` makes a pair",
        ))?;
    app.source_rate.count(source.id, Instant::now())?;
    source.allow_hierarchy |= app.config.allow_hierarchy;
    check_origin(&source.origins, &headers)?;
    let encoding = body::check_headers(&headers)?;
    let _room = app.admission.room(body::announced_bytes(&headers))?;
    let packed = body::receive(body, &headers).await?;
    let now = now_ms();
    let (batch, _room_unpacked) = read(&app, move |admission| {
        let unpacked = body::unpack(packed, encoding)?;
        let room = admission.room(unpacked.len())?;
        Ok((Batch::read(&unpacked, now)?, room))
    })
    .await?;

    let Batch {
        events,
        rejected,
        refused,
    } = batch;
    let weight = events.len() + refused.len();
    let kept = if weight == 0 {
        Kept::default()
    } else {
        app.store
            .write_weighing(weight, move |tx| {
                events::keep(tx, &events, &refused, &source, now)
            })
            .await?
    };
    let counted = kept.accepted - kept.set_aside;
    for (outcome, count) in [
        (Outcome::Accepted, counted),
        (Outcome::SetAside, kept.set_aside),
        (Outcome::Duplicate, kept.duplicates),
        (Outcome::Rejected, rejected.len() as u64),
    ] {
        app.metrics.count_events(outcome, count);
    }
    Ok(Json(Receipt {
        accepted: kept.accepted,
        duplicates: kept.duplicates,
        set_aside: kept.set_aside,
        rejected,
    }))
}

/// Unpacking and reading a full batch takes tens of ms of processor time, too
/// long for a thread that serves connections.
async fn read<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Admission) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let admission = Arc::clone(&app.admission);
    let turn = Arc::clone(&admission.readers)
        .acquire_owned()
        .await
        .map_err(|_| ApiError::Internal)?;
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work(&admission)
    })
    .await
    .map_err(|_| ApiError::Internal)?
}

/// Only browsers say where a page is from, and only they can be made to send
/// what their user did not mean to; a request without an origin is a program.
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
