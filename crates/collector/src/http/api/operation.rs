//! `/healthz`, `/readyz` and `/metrics`: what an operator's tools ask.

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
    store::sqlite::{self, StoreError, probe},
};

/// Answers that the process runs.
pub async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Answers whether batches can be stored: it stores one and takes it back. After
/// a failed commit it also commits as much as a batch does, so that the answer
/// is right again as soon as the disk is.
///
/// # Errors
/// 503 when the store cannot commit, its file is damaged or the clock is wrong.
pub async fn ready(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    let now = now_ms();
    app.clock.check(now)?;
    if app.store.is_damaged() {
        return Err(ApiError::Damaged);
    }
    let has_failed = !app.store.is_committing();
    // Whoever asks more often hears what is known.
    if has_failed || app.probe_rate.count((), Instant::now()).is_ok() {
        let probed = app
            .store
            .write(move |tx| {
                probe::probe_insert(tx, now)?;
                if has_failed {
                    probe::probe_commit(tx)?;
                }
                Ok(())
            })
            .await;
        match probed {
            // The writer has more to do than it can, which shows that it works.
            Ok(()) | Err(StoreError::Overloaded) => {}
            Err(cause) => return Err(cause.into()),
        }
    }
    Ok(Json(json!({ "status": "ready" })))
}

/// Answers all metrics in the OpenMetrics text format.
pub async fn metrics(State(app): State<App>) -> Response {
    if let Ok(bytes) = app.store.read_now(sqlite::size) {
        app.metrics.database_bytes.set(bytes);
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], app.metrics.text()).into_response()
}
