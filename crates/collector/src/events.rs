//! `GET /api/v2/events`: the latest events, as they arrived.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    app::App,
    error::ApiError,
    extract::{Query, Whole},
    store::export::{self, Wanted},
    usage::Span,
};

/// Parameters of the query.
#[derive(Debug, Clone, Deserialize)]
pub struct LatestQuery {
    /// Only events that arrived after the one with this number.
    after: Option<Whole>,
    account_id: Option<String>,
    limit: Option<Whole>,
}

/// The latest events, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct Latest {
    records: Vec<Value>,
    /// Number of the newest event; what to pass as `after` next time.
    last: Option<i64>,
}

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 1000;

/// Answers the latest events. Polled with `after`, it is a live tail.
///
/// # Errors
/// 400 for wrong parameters.
pub async fn latest(
    State(app): State<App>,
    Query(query): Query<LatestQuery>,
) -> Result<Json<Latest>, ApiError> {
    let limit = query.limit.map_or(DEFAULT_LIMIT, |limit| limit.0);
    if limit < 0 {
        return Err(ApiError::BadRequest(
            "limit is a whole number from 0".into(),
        ));
    }
    let limit = limit.min(MAX_LIMIT);
    let after = query.after.map(|after| after.0);
    let wanted = Wanted {
        span: Span::new(None, None),
        account_id: query.account_id,
    };
    let (records, last) = app
        .store
        .read(move |conn| export::latest(conn, &wanted, after, limit))
        .await?;
    Ok(Json(Latest { records, last }))
}
