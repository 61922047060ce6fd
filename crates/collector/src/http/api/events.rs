//! `GET /api/v2/events`: the latest events.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    http::{
        api::{accounts::Accounts, resource::Resource},
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
/// 400 for invalid parameters, 404 when the account is unknown.
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
    let account_id = query.account_id;
    let question = LatestQuestion {
        after: query.after.map(|after| after.0),
        account_id: account_id.clone(),
        limit: usize::try_from(limit).unwrap_or(0),
    };
    let (records, last) = app.store.latest_events(question).await?;
    // An unknown account has no events, so a list with some needs no second query.
    if let Some(id) = account_id.filter(|_| records.is_empty())
        && app.store.account(id.clone()).await?.is_none()
    {
        return Err(Accounts::not_found(&id));
    }
    Ok(Json(Latest { records, last }))
}
