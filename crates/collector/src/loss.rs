//! `GET /api/v2/loss`.

use axum::{Json, extract::State};
use serde::Deserialize;

use crate::{
    app::App,
    error::ApiError,
    extract::{Query, Whole},
    store::streams::{self, LossReport},
    usage::Span,
};

/// Parameters of the query, in ms since the Unix epoch.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct LossQuery {
    from: Option<Whole>,
    to: Option<Whole>,
}

/// Answers how many events were made, received, missing and duplicated.
///
/// # Errors
/// Where the store fails.
pub async fn get(
    State(app): State<App>,
    Query(query): Query<LossQuery>,
) -> Result<Json<LossReport>, ApiError> {
    let span = Span::asked(query.from, query.to);
    let report = app
        .store
        .read(move |conn| streams::report(conn, span))
        .await?;
    Ok(Json(report))
}
