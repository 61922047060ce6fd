//! `GET /api/v2/accounts/{id}/usage`.

mod table;

use axum::{
    Extension, Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::now_ms,
    http::{
        api::{accounts::Accounts, resource::Resource},
        error::ApiError,
        extract::{Id, PageQuery, Path, Query, SafeInteger, SpanQuery, TimeZoneQuery},
        state::App,
    },
    model::{
        calendar::TimeZone,
        period::Before,
        row_order::RowOrder,
        usage::{Dimension, Filter, Span, Uncaptured},
        visibility::Visibility,
    },
    store::usage::{Comparison, RowCursor, RowPage, Totals, UsageQuestion, UsageRow},
};

/// Parameters of the query besides its span and filter.
#[derive(Debug, Clone, Deserialize)]
pub struct UsageQuery {
    #[serde(default = "rolls_up_by_default")]
    rollup: bool,
    by: Option<Dimension>,
    #[serde(default)]
    previous: bool,
    limit: Option<SafeInteger>,
    cursor: Option<String>,
    #[serde(default)]
    sort: RowOrder,
}

fn rolls_up_by_default() -> bool {
    true
}

/// The response.
#[derive(Debug, Clone, Serialize)]
pub struct Usage {
    account_id: String,
    rollup: bool,
    by: Option<Dimension>,
    totals: Totals,
    /// The figures of the period before, where they are asked for.
    #[serde(flatten)]
    comparison: Option<Comparison>,
    rows: Vec<UsageRow>,
    /// The cursor of the next page of rows.
    next_cursor: Option<String>,
    uncaptured: Uncaptured,
}

/// Returns the usage of one account.
///
/// # Errors
/// 400 for invalid parameters, 404 when the account is unknown.
#[allow(clippy::too_many_arguments, reason = "each is a part of the request")]
pub async fn get(
    State(app): State<App>,
    Extension(within): Extension<Visibility>,
    Path(Id(account_id)): Path<Id>,
    Query(query): Query<UsageQuery>,
    Query(span): Query<SpanQuery>,
    Query(time_zone): Query<TimeZoneQuery>,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (by, rollup) = (query.by, query.rollup);
    let time_zone = time_zone.or(&app.config.timezone);
    let wants_table = table::is_wanted(&headers);
    // A table has all rows, unless the query gives a limit.
    let usual = if wants_table {
        i64::MAX
    } else {
        PageQuery::MAX_LIMIT
    };
    let limit = query
        .limit
        .map_or(usual, |limit| limit.0.min(PageQuery::MAX_LIMIT));
    if limit < 1 {
        return Err(ApiError::BadRequest(
            "limit is a whole number from 1; the rows of a page are at most 1000".into(),
        ));
    }
    // A client sends an empty cursor before it has its first page.
    let cursor = query.cursor.filter(|cursor| !cursor.is_empty());
    let after = cursor
        .map(|cursor| RowCursor::read(&cursor, query.sort))
        .transpose()
        .map_err(|unreadable| ApiError::BadRequest(unreadable.to_string()))?;
    let page = RowPage {
        after,
        limit: usize::try_from(limit).ok(),
        order: query.sort,
    };
    let mut span = span.span()?;
    if query.previous {
        // Time in the future cannot be compared.
        span.to = span.to.min(now_ms());
    }
    let before = query.previous.then(|| before(span, &time_zone));
    let question = UsageQuestion {
        account_id: account_id.clone(),
        within,
        rollup,
        by,
        span,
        before,
        time_zone,
        filter,
        page,
    };
    let report = app.store.usage(question).await?;
    let report = report.ok_or_else(|| Accounts::not_found(&account_id))?;
    if wants_table {
        return Ok(table::answer(by, &report));
    }
    let usage = Usage {
        account_id,
        rollup,
        by,
        totals: report.totals,
        comparison: report.comparison,
        rows: report.rows,
        next_cursor: report.next,
        uncaptured: report.uncaptured,
    };
    Ok(([table::VARIES], Json(usage)).into_response())
}

/// The period before a span, of the same length. A comparison may reach into the day of the
/// first use. For a span without a beginning there is no earlier period.
fn before(span: Span, time_zone: &TimeZone) -> Before {
    const NEVER: Before = Before {
        span: Span {
            from: Span::ALL.from,
            to: Span::ALL.from,
        },
        first_day_end: Span::ALL.from,
    };
    let length = span.to.checked_sub(span.from);
    let from = length.and_then(|length| span.from.checked_sub(length.max(0)));
    match from {
        Some(from) if span.from > Span::ALL.from => Before {
            span: Span {
                from,
                to: span.from,
            },
            first_day_end: time_zone.start_of(time_zone.day_at(from).plus(1)),
        },
        _ => NEVER,
    }
}
