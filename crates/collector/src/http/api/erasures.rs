//! `DELETE /api/v2/streams/{id}`, and the erasure of users and accounts.

use axum::{Json, extract::State};
use serde::Serialize;

use crate::{
    http::{error::ApiError, extract::Path, state::App},
    model::erasure::{Erasure, ErasureKind},
    store::removal::Erased,
};

/// The response to the erasure of a stream.
#[derive(Debug, Clone, Serialize)]
pub struct ErasedStream {
    stream_id: String,
    erased: Erased,
}

/// Takes back all that a stream has sent.
///
/// # Errors
/// 404 when it has sent nothing.
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

/// Erases something, and returns what that has removed, or `None` when it is
/// unknown.
///
/// # Errors
/// When the store fails.
pub async fn erase(app: &App, kind: ErasureKind, id: String) -> Result<Option<Erased>, ApiError> {
    Ok(app.store.erase(Erasure { kind, id }).await?)
}
