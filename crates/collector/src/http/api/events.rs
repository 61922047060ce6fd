//! `GET /api/v2/events`: the latest events.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    http::{
        error::ApiError,
        extract::{Query, SafeInteger},
        state::App,
    },
    store::latest_events::LatestQuestion,
};

/// Parameters of the query.
#[derive(Debug, Clone, Deserialize)]
pub struct LatestQuery {
    /// Only events that arrived after the one with this number.
    after: Option<SafeInteger>,
    account_id: Option<String>,
    limit: Option<SafeInteger>,
}

/// The latest events, newest first.
#[derive(Debug, Clone, Serialize)]
pub struct Latest {
    records: Vec<Value>,
    /// Number of the newest event, for the `after` of the next request.
    last: Option<i64>,
}

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 1000;

/// Returns the latest events. A client that polls with `after` gets each new event.
///
/// # Errors
/// 400 for invalid parameters.
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
    let question = LatestQuestion {
        after: query.after.map(|after| after.0),
        account_id: query.account_id,
        limit: usize::try_from(limit).unwrap_or(0),
    };
    let (records, last) = app.store.latest_events(question).await?;
    Ok(Json(Latest { records, last }))
}
