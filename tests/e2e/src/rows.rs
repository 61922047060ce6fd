//! The contents of the collector's SQLite file.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::Value;

use crate::collector::Collector;
use crate::wait;

/// One row of the events table, with the field names of the wire format.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    missing_docs,
    reason = "each is the field of the event contract of that name"
)]
pub struct EventRow {
    pub event_id: String,
    pub account_id: String,
    pub user_id: String,
    pub session_id: String,
    pub created_at: i64,
    pub action: String,
    pub feature: Option<String>,
    pub module: Option<String>,
    pub product: Option<String>,
    pub total: Option<f64>,
    pub time_spent: Option<i64>,
    pub active_duration: Option<i64>,
    pub visitor_id: Option<String>,
    pub stream_id: Option<String>,
    pub seq: Option<i64>,
    pub url: Option<String>,
    pub title: Option<String>,
    pub referrer: Option<String>,
    pub details: Option<Value>,
    /// Fields outside the contract.
    pub extra: Option<Value>,
    /// Whether it is not counted, because the user belongs to another account.
    pub set_aside: bool,
}

impl EventRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            event_id: row.get("event_id")?,
            account_id: row.get("account_id")?,
            user_id: row.get("user_id")?,
            session_id: row.get("session_id")?,
            created_at: row.get("created_at")?,
            action: row.get("action")?,
            feature: row.get("feature")?,
            module: row.get("module")?,
            product: row.get("product")?,
            total: row.get("total")?,
            time_spent: row.get("time_spent")?,
            active_duration: row.get("active_duration")?,
            visitor_id: row.get("visitor_id")?,
            stream_id: row.get("stream_id")?,
            seq: row.get("seq")?,
            url: row.get("url")?,
            title: row.get("title")?,
            referrer: row.get("referrer")?,
            details: json(row, "details")?,
            extra: json(row, "extra")?,
            set_aside: row.get("set_aside")?,
        })
    }
}

fn json(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Value>> {
    let text: Option<String> = row.get(column)?;
    // Text that is not JSON is returned as a string, which makes comparisons fail visibly.
    Ok(text.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// Opens a collector's database to read it while the collector writes.
///
/// # Errors
/// When it cannot be opened.
pub fn open(db: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(db, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("open {}", db.display()))?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

/// All events, in the order in which they arrived.
///
/// # Errors
/// When the database cannot be read.
pub fn events(db: &Path) -> Result<Vec<EventRow>> {
    let connection = open(db)?;
    let mut statement = connection.prepare("SELECT * FROM events ORDER BY id")?;
    let rows = statement
        .query_map([], EventRow::read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// A position in a database: everything stored later comes after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark(pub i64);

impl Mark {
    /// The current position.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn now(db: &Path) -> Result<Self> {
        let last = open(db)?.query_row("SELECT IFNULL(MAX(id), 0) FROM events", [], |row| {
            row.get(0)
        })?;
        Ok(Self(last))
    }
}

/// Waits until `enough` returns true for the stored events, and returns all of them in the
/// order in which they arrived.
///
/// # Errors
/// When that does not happen; the message lists the events that arrived.
pub async fn until_events(
    collector: &Collector,
    what: &str,
    enough: impl Fn(&[EventRow]) -> bool,
) -> Result<Vec<EventRow>> {
    let db = collector.db();
    let mut last = Vec::new();
    wait::until(what, async || {
        last = events(&db)?;
        Ok(enough(&last).then(|| last.clone()))
    })
    .await
    .with_context(|| format!("the collector holds: {last:#?}"))
}
