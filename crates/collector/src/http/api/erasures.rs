//! `DELETE /api/v2/streams/{id}`, `/api/v2/events/{id}` and `/api/v2/sources/{id}/events`,
//! and the erasure of users and accounts.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};

use crate::{
    clock::now_ms,
    http::{
        error::ApiError,
        extract::{Path, Query},
        state::App,
    },
    model::{
        erasure::{Erasure, ErasureKind},
        usage::Span,
    },
    store::removal::Erased,
};

/// The response to the erasure of a stream.
#[derive(Debug, Clone, Serialize)]
pub struct ErasedStream {
    stream_id: String,
    erased: Erased,
}

/// Takes back all events that a stream has sent.
///
/// # Errors
/// 404 when the stream has sent nothing.
pub async fn delete_stream(
    State(app): State<App>,
    Path(stream_id): Path<String>,
) -> Result<Json<ErasedStream>, ApiError> {
    let erased = erase(&app, ErasureKind::Stream, stream_id.clone())
        .await?
        .ok_or_else(|| {
            ApiError::NotFound(format!(
                "no event of a stream {stream_id:?}; GET /api/v2/loss lists streams"
            ))
        })?;
    Ok(Json(ErasedStream { stream_id, erased }))
}

/// The response to the erasure of an event.
#[derive(Debug, Clone, Serialize)]
pub struct ErasedEvent {
    event_id: String,
    erased: Erased,
}

/// Erases one event, by its `event_id`.
///
/// # Errors
/// 404 when no event has this id.
pub async fn delete_event(
    State(app): State<App>,
    Path(event_id): Path<String>,
) -> Result<Json<ErasedEvent>, ApiError> {
    let erased = erase(&app, ErasureKind::Event, event_id.clone())
        .await?
        .ok_or_else(|| {
            ApiError::NotFound(format!(
                "no event {event_id:?}; GET /api/v2/events lists the latest with their event_id"
            ))
        })?;
    Ok(Json(ErasedEvent { event_id, erased }))
}

/// The arrival times between which the events of a source are erased.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct ArrivalQuery {
    from: i64,
    to: Option<i64>,
}

/// The response to the erasure of a source's events.
#[derive(Debug, Clone, Serialize)]
pub struct ErasedOfSource {
    source: String,
    erased: Erased,
}

/// Erases all events of a source that arrived in a span. The span ends now unless the query
/// gives an earlier end.
///
/// # Errors
/// 400 without `from` or for a span that would end before it begins, 404 when the source is unknown.
pub async fn delete_of_source(
    State(app): State<App>,
    Path(source): Path<String>,
    Query(ArrivalQuery { from, to }): Query<ArrivalQuery>,
) -> Result<Json<ErasedOfSource>, ApiError> {
    let arrived = Span::new(Some(from), to)
        .map_err(|reversed| ApiError::BadRequest(reversed.to_string()))?
        .until(now_ms() + 1);
    let erasure = Erasure::of_source(source.clone(), arrived);
    let erased = app.store.erase(erasure).await?.ok_or_else(|| {
        ApiError::NotFound(format!(
            "no source {source:?}; give an id as `natero-collector keys list` shows it, such as source-1"
        ))
    })?;
    Ok(Json(ErasedOfSource { source, erased }))
}

/// Erases something, and returns what was removed; `None` when it is unknown.
///
/// # Errors
/// When the store fails.
pub async fn erase(app: &App, kind: ErasureKind, id: String) -> Result<Option<Erased>, ApiError> {
    Ok(app.store.erase(Erasure::of(kind, id)).await?)
}
