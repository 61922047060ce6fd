//! Usage, computed from the events.

use rusqlite::{Connection, Row};
use serde::Serialize;
use serde_json::{Number, Value};

use crate::usage::{By, Span, Uncaptured};

/// The figures of an account, or of one part of its usage.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Events of any action.
    pub events: i64,
    /// Sum of `total` over feature events.
    #[serde(serialize_with = "as_number")]
    pub features: f64,
    /// Sum of `time_spent` over `moduleEnd`, in ms.
    pub module_time: i64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: i64,
    /// Distinct sessions.
    pub sessions: i64,
    /// Distinct users.
    pub users: i64,
}

/// Whole sums are written as whole numbers: `3`, not `3.0`.
fn as_number<S: serde::Serializer>(sum: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let bounded = sum.clamp(f64::MIN, f64::MAX);
    if bounded.fract() == 0.0 && bounded.abs() < 9e15 {
        serializer.serialize_i64(bounded as i64)
    } else {
        serializer.serialize_some(&Number::from_f64(bounded))
    }
}

/// One row of a breakdown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UsageRow {
    /// Value of the dimension; null where events have none.
    pub key: Value,
    /// Its figures.
    #[serde(flatten)]
    pub totals: Totals,
}

const SUMS: &str = "COUNT(*),
    TOTAL(CASE WHEN action = 'feature' THEN total END),
    CAST(TOTAL(CASE WHEN action = 'moduleEnd' THEN time_spent END) AS INTEGER),
    CAST(TOTAL(CASE WHEN action = 'sessionSync' THEN active_duration END) AS INTEGER),
    COUNT(DISTINCT session_id),
    COUNT(DISTINCT user_id)";

const SCOPE: &str = "WITH RECURSIVE
    below (no) AS (
        SELECT no FROM accounts WHERE account_id = ?1
        UNION ALL
        SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no WHERE ?4
    ),
    scope (account_id, is_leaf) AS (
        SELECT a.account_id, NOT EXISTS (
            SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND c.is_deleted = 0)
        FROM below JOIN accounts a ON a.no = below.no
    )";

const COUNTED: &str = "FROM events JOIN scope USING (account_id)
    WHERE is_leaf AND set_aside = 0 AND created_at >= ?2 AND created_at < ?3";

/// Whose usage is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The account.
    pub account_id: &'a str,
    /// Whether everything below it counts too.
    pub rollup: bool,
    /// When.
    pub span: Span,
}

impl Scope<'_> {
    fn params(&self) -> impl rusqlite::Params {
        (
            self.account_id.to_owned(),
            self.span.from,
            self.span.to,
            self.rollup,
        )
    }
}

/// The figures of a scope.
///
/// # Errors
/// Those of SQLite.
pub fn totals(conn: &Connection, scope: Scope<'_>) -> rusqlite::Result<Totals> {
    conn.prepare_cached(&format!("{SCOPE} SELECT {SUMS} {COUNTED}"))?
        .query_row(scope.params(), |row| read_totals(row, 0))
}

/// The figures of a scope, by one dimension.
///
/// # Errors
/// Those of SQLite.
pub fn rows(conn: &Connection, scope: Scope<'_>, by: By) -> rusqlite::Result<Vec<UsageRow>> {
    let key = match by {
        By::Product => "product",
        By::Module => "module",
        By::Feature => "feature",
        By::User => "user_id",
        By::Day => "date(created_at / 1000, 'unixepoch')",
    };
    conn.prepare_cached(&format!(
        "{SCOPE} SELECT {key} AS key, {SUMS} {COUNTED} GROUP BY 1 ORDER BY key IS NULL, key"
    ))?
    .query_map(scope.params(), |row| {
        Ok(UsageRow {
            key: row.get::<_, Option<String>>(0)?.into(),
            totals: read_totals(row, 1)?,
        })
    })?
    .collect()
}

/// What of a scope is kept and not counted.
///
/// # Errors
/// Those of SQLite.
pub fn uncaptured(conn: &Connection, scope: Scope<'_>) -> rusqlite::Result<Uncaptured> {
    conn.prepare_cached(&format!(
        "{SCOPE} SELECT IFNULL(SUM(set_aside = 0 AND NOT is_leaf), 0), IFNULL(SUM(set_aside), 0)
         FROM events JOIN scope USING (account_id) WHERE created_at >= ?2 AND created_at < ?3"
    ))?
    .query_row(scope.params(), |row| {
        Ok(Uncaptured {
            non_leaf: row.get(0)?,
            user_conflict: row.get(1)?,
        })
    })
}

fn read_totals(row: &Row<'_>, from: usize) -> rusqlite::Result<Totals> {
    Ok(Totals {
        events: row.get(from)?,
        features: row.get(from + 1)?,
        module_time: row.get(from + 2)?,
        active_time: row.get(from + 3)?,
        sessions: row.get(from + 4)?,
        users: row.get(from + 5)?,
    })
}
