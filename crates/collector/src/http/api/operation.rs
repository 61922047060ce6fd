//! `/healthz`, `/readyz` and `/metrics`, for an operator's tools.

use std::time::Instant;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    clock::now_ms,
    http::{error::ApiError, state::App},
    store::StoreError,
};

/// Answers 200 while the process runs.
pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Answers whether batches can be stored, by storing one and rolling it back. After a failed
/// commit it also commits as much data as a batch has, so that the answer becomes positive as
/// soon as the disk works again.
///
/// # Errors
/// 503 when the store cannot commit, its file is damaged or the clock is wrong.
pub async fn ready(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let now = now_ms();
    app.clock.check_unconfirmed(now)?;
    let health = app.store.health();
    if health.is_damaged {
        return Err(ApiError::Damaged);
    }
    let has_failed = !health.is_committing;
    // More frequent requests get the last known state.
    if has_failed || app.probe_rate.count((), Instant::now()).is_ok() {
        match app.store.probe(now, has_failed).await {
            // An overloaded writer works, so it counts as ready.
            Ok(()) | Err(StoreError::Overloaded) => {}
            Err(cause) => return Err(cause.into()),
        }
    }
    Ok(Json(json!({ "status": "ready" })))
}

/// Returns all metrics in the OpenMetrics text format.
pub async fn metrics(State(app): State<App>) -> Response {
    if let Ok(bytes) = app.store.size().await {
        app.metrics.database_bytes.set(bytes);
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], app.metrics.text()).into_response()
}
