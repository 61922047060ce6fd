//! `GET /api/v2/accounts/{id}/usage`.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};

use crate::{
    accounts::read_of,
    app::App,
    error::ApiError,
    extract::{Path, Query, Whole},
    store::usage::{self, Question, Totals, UsageRow},
};

/// What usage is broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum By {
    Product,
    Module,
    Feature,
    User,
    /// Days of UTC, as `2024-05-01`.
    Day,
}

/// A span of time in ms since the Unix epoch, `to` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First ms of the span.
    pub from: i64,
    /// First ms after it.
    pub to: i64,
}

impl Span {
    /// A span as a query gives it.
    pub fn asked(from: Option<Whole>, to: Option<Whole>) -> Self {
        Span::new(from.map(|from| from.0), to.map(|to| to.0))
    }

    /// A span, open where a bound is not given.
    pub fn new(from: Option<i64>, to: Option<i64>) -> Self {
        Span {
            from: from.unwrap_or(i64::MIN),
            to: to.unwrap_or(i64::MAX),
        }
    }
}

/// Parameters of the query.
#[derive(Debug, Clone, Deserialize)]
pub struct UsageQuery {
    #[serde(default = "yes")]
    rollup: bool,
    by: Option<By>,
    from: Option<Whole>,
    to: Option<Whole>,
}

/// Only a part of the usage. An empty product, module or feature asks for
/// events without one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Filter {
    pub product: Option<String>,
    pub module: Option<String>,
    pub feature: Option<String>,
    pub user: Option<String>,
}

fn yes() -> bool {
    true
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Usage {
    account_id: String,
    rollup: bool,
    by: Option<By>,
    totals: Totals,
    rows: Vec<UsageRow>,
    uncaptured: Uncaptured,
}

/// Events that are kept and not counted, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Uncaptured {
    /// The account has children.
    pub non_leaf: i64,
    /// The user belongs to another account.
    pub user_conflict: i64,
}

/// Answers the usage of one account.
///
/// # Errors
/// 404 where the account is unknown.
pub async fn get(
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(query): Query<UsageQuery>,
    Query(filter): Query<Filter>,
) -> Result<Json<Usage>, ApiError> {
    let span = Span::asked(query.from, query.to);
    let (by, rollup) = (query.by, query.rollup);
    let answer = read_of(&app, &account_id, move |conn, account| {
        let question = Question {
            account,
            rollup,
            by,
            span,
            filter,
        };
        usage::answer(conn, &question)
    })
    .await?;
    Ok(Json(Usage {
        account_id,
        rollup,
        by,
        totals: answer.totals,
        rows: answer.rows,
        uncaptured: answer.uncaptured,
    }))
}
