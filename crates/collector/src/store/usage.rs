//! Usage, computed from the events.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::{Number, Value};

use crate::usage::{By, Span};

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

const WHERE: &str = "FROM events
    WHERE account_id = ?1 AND set_aside = 0 AND created_at >= ?2 AND created_at < ?3";

/// The figures of one account.
///
/// # Errors
/// Those of SQLite.
pub fn totals(conn: &Connection, account_id: &str, span: Span) -> rusqlite::Result<Totals> {
    conn.prepare_cached(&format!("SELECT {SUMS} {WHERE}"))?
        .query_row(params![account_id, span.from, span.to], |row| {
            read_totals(row, 0)
        })
}

/// The figures of one account, by one dimension.
///
/// # Errors
/// Those of SQLite.
pub fn rows(
    conn: &Connection,
    account_id: &str,
    by: By,
    span: Span,
) -> rusqlite::Result<Vec<UsageRow>> {
    let key = match by {
        By::Product => "product",
        By::Module => "module",
        By::Feature => "feature",
        By::User => "user_id",
        By::Day => "date(created_at / 1000, 'unixepoch')",
    };
    conn.prepare_cached(&format!(
        "SELECT {key} AS key, {SUMS} {WHERE} GROUP BY 1 ORDER BY key IS NULL, key"
    ))?
    .query_map(params![account_id, span.from, span.to], |row| {
        Ok(UsageRow {
            key: row.get::<_, Option<String>>(0)?.into(),
            totals: read_totals(row, 1)?,
        })
    })?
    .collect()
}

/// Events of the account that are set aside.
///
/// # Errors
/// Those of SQLite.
pub fn user_conflicts(conn: &Connection, account_id: &str, span: Span) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "SELECT COUNT(*) FROM events
         WHERE set_aside = 1 AND account_id = ?1 AND created_at >= ?2 AND created_at < ?3",
    )?
    .query_row(params![account_id, span.from, span.to], |row| row.get(0))
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
