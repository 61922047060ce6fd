//! `GET /api/v2/loss`.

use axum::{Json, extract::State};

use crate::{
    http::{
        error::ApiError,
        extract::{Query, SpanQuery},
        state::App,
    },
    store::loss::LossReport,
};

/// Returns how many events were made, received, missing and duplicated.
///
/// # Errors
/// 400 for a span that would end before it begins, and when the store fails.
pub async fn get(
    State(app): State<App>,
    Query(span): Query<SpanQuery>,
) -> Result<Json<LossReport>, ApiError> {
    Ok(Json(app.store.loss(span.span()?).await?))
}
