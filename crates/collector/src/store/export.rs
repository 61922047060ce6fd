//! Events read back, as they would be sent.

use std::io::{self, Write};

use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value};

use super::accounts::object;
use crate::usage::Span;

/// Which events.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// When they were made.
    pub span: Span,
    /// Only those of this account.
    pub account_id: Option<String>,
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line, as the Event API takes it
    Ndjson,
    /// Comma-separated values with a line of names
    Csv,
}

/// Columns of the wire, in the order in which they are written.
const TEXT: [&str; 13] = [
    "event_id",
    "account_id",
    "user_id",
    "session_id",
    "action",
    "feature",
    "module",
    "product",
    "visitor_id",
    "stream_id",
    "url",
    "title",
    "referrer",
];
const NUMBERS: [&str; 5] = [
    "created_at",
    "total",
    "time_spent",
    "active_duration",
    "seq",
];
/// What the collector adds.
const OURS: [&str; 2] = ["received_at", "set_aside"];

fn columns() -> String {
    let all: Vec<_> = TEXT.into_iter().chain(NUMBERS).chain(OURS).collect();
    format!("id, {}, details, extra", all.join(", "))
}

/// The event as it was sent, with unknown fields beside the known ones.
fn event(row: &Row<'_>) -> rusqlite::Result<Map<String, Value>> {
    let mut event = match row.get_ref("extra")?.as_str_or_null()? {
        Some(extra) => object(extra),
        None => Map::new(),
    };
    for name in TEXT {
        if let Some(text) = row.get::<_, Option<String>>(name)? {
            event.insert(name.to_owned(), text.into());
        }
    }
    for name in NUMBERS {
        let number = match row.get_ref(name)? {
            rusqlite::types::ValueRef::Integer(number) => number.into(),
            rusqlite::types::ValueRef::Real(number) => number_of(number),
            _ => continue,
        };
        event.insert(name.to_owned(), number);
    }
    if let Some(details) = row.get_ref("details")?.as_str_or_null()? {
        event.insert("details".to_owned(), object(details).into());
    }
    Ok(event)
}

fn number_of(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        (number as i64).into()
    } else {
        number.into()
    }
}

/// The latest events that arrived, newest first, and the number of the newest.
///
/// # Errors
/// Those of SQLite.
pub fn latest(
    conn: &Connection,
    wanted: &Wanted,
    after: Option<i64>,
    limit: i64,
) -> rusqlite::Result<(Vec<Value>, Option<i64>)> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {} FROM events WHERE id > ?1 AND (?2 IS NULL OR account_id = ?2)
         ORDER BY id DESC LIMIT ?3",
        columns()
    ))?;
    let mut rows = statement.query(params![after.unwrap_or(0), wanted.account_id, limit])?;
    let (mut records, mut last) = (Vec::new(), after);
    while let Some(row) = rows.next()? {
        last = last.max(Some(row.get("id")?));
        let mut event = event(row)?;
        event.insert(
            "received_at".into(),
            row.get::<_, i64>("received_at")?.into(),
        );
        event.insert("set_aside".into(), row.get::<_, bool>("set_aside")?.into());
        records.push(event.into());
    }
    Ok((records, last))
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Where it is written to.
    #[error("writing: {0}")]
    Io(#[from] io::Error),
    /// As text.
    #[error("writing: {0}")]
    Csv(#[from] csv::Error),
}

/// Writes all wanted events in the order in which they arrived.
///
/// # Errors
/// Those of SQLite and of `out`.
pub fn export(
    conn: &Connection,
    wanted: &Wanted,
    format: Format,
    out: impl Write,
) -> Result<u64, ExportError> {
    let mut statement = conn.prepare(&format!(
        "SELECT {} FROM events
         WHERE created_at >= ?1 AND created_at < ?2 AND (?3 IS NULL OR account_id = ?3)
         ORDER BY id",
        columns()
    ))?;
    let mut rows = statement.query(params![wanted.span.from, wanted.span.to, wanted.account_id])?;
    let mut count = 0;
    match format {
        Format::Ndjson => {
            let mut out = io::BufWriter::new(out);
            while let Some(row) = rows.next()? {
                serde_json::to_writer(&mut out, &event(row)?).map_err(io::Error::from)?;
                out.write_all(b"\n")?;
                count += 1;
            }
            out.flush()?;
        }
        Format::Csv => {
            let mut out = csv::Writer::from_writer(out);
            let names = TEXT.into_iter().chain(NUMBERS).chain(OURS);
            let names: Vec<_> = names.chain(["details", "extra"]).collect();
            out.write_record(&names)?;
            while let Some(row) = rows.next()? {
                for name in &names {
                    out.write_field(cell(row, name)?)?;
                }
                out.write_record(None::<&[u8]>)?;
                count += 1;
            }
            out.flush()?;
        }
    }
    Ok(count)
}

fn cell(row: &Row<'_>, name: &str) -> rusqlite::Result<String> {
    use rusqlite::types::ValueRef;
    Ok(match row.get_ref(name)? {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number_of(number).to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
    })
}
