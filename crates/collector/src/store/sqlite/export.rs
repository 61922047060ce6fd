//! Converts stored events back into the format of the Event API.

use std::io::{self, Write};

use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value};

use super::{event_months, json, rows::EventRow};
use crate::{
    model::{csv_cell::safe_cell, folding::folded, usage::Span},
    store::{
        export::{ADDED, EventFilter, ExportError, Format, NUMBERS, TEXT, number_of},
        latest_events::has_text,
    },
};

fn columns() -> String {
    let all: Vec<_> = TEXT.into_iter().chain(NUMBERS).chain(ADDED).collect();
    format!("id, {}, details, extra", all.join(", "))
}

/// The event as it was sent, including unknown fields.
fn event(row: &Row<'_>) -> rusqlite::Result<Map<String, Value>> {
    let mut event = match row.get_ref("extra")?.as_str_or_null()? {
        Some(extra) => json::object(extra),
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
        event.insert("details".to_owned(), json::object(details).into());
    }
    Ok(event)
}

/// Reads the events that arrived last, newest first. If a text is given, only events with the text
/// in one of their fields are returned. Also returns the row of the newest event, which is `after`
/// when none is newer.
///
/// # Errors
/// Fails when SQLite fails.
pub fn latest(
    conn: &Connection,
    filter: &EventFilter,
    text: Option<&str>,
    after: Option<EventRow>,
    limit: usize,
) -> rusqlite::Result<(Vec<Value>, Option<EventRow>)> {
    let text = text.map(folded);
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {} FROM events WHERE id > ?1 AND (?2 IS NULL OR account_id = ?2)
         ORDER BY id DESC",
        columns()
    ))?;
    let mut rows = statement.query(params![
        after.map_or(0, EventRow::number),
        filter.account_id,
    ])?;
    let (mut records, mut last) = (Vec::new(), after);
    while records.len() < limit
        && let Some(row) = rows.next()?
    {
        last = last.max(Some(row.get("id")?));
        let mut event = event(row)?;
        if text.as_deref().is_some_and(|text| !has_text(&event, text)) {
            continue;
        }
        event.insert(
            "received_at".into(),
            row.get::<_, i64>("received_at")?.into(),
        );
        event.insert("set_aside".into(), row.get::<_, bool>("set_aside")?.into());
        records.push(event.into());
    }
    Ok((records, last))
}

/// Reads at most `limit` events of a user in an account that were made in a span, in the order in
/// which they were made.
///
/// # Errors
/// Fails when SQLite fails.
pub fn of_user(
    conn: &Connection,
    account_id: &str,
    user_id: &str,
    span: Span,
    limit: i64,
) -> rusqlite::Result<Vec<Value>> {
    let mut events = Vec::new();
    for month in event_months::in_span(conn, span)? {
        let left = limit - events.len() as i64;
        // The index by time includes the account, so only events of the account are read.
        let mut statement = conn.prepare_cached(&format!(
            "SELECT {} FROM {} INDEXED BY {}
             WHERE created_at >= ?1 AND created_at < ?2 AND account_id = ?3 AND user_id = ?4
             ORDER BY created_at, id LIMIT ?5",
            columns(),
            event_months::table(month),
            event_months::time_index(month)
        ))?;
        let mut rows = statement.query(params![span.from, span.to, account_id, user_id, left])?;
        while let Some(row) = rows.next()? {
            let mut event = event(row)?;
            let received_at: i64 = row.get("received_at")?;
            event.insert("received_at".into(), received_at.into());
            event.insert("set_aside".into(), row.get::<_, bool>("set_aside")?.into());
            events.push(event.into());
        }
    }
    Ok(events)
}

/// Writes all events that pass the filter, in the order of their arrival, and returns their number.
///
/// # Errors
/// Fails when SQLite or `out` fails.
pub fn export(
    conn: &Connection,
    filter: &EventFilter,
    format: Format,
    out: impl Write,
) -> Result<u64, ExportError> {
    let mut statement = conn.prepare(&format!(
        "SELECT {} FROM events
         WHERE created_at >= ?1 AND created_at < ?2 AND (?3 IS NULL OR account_id = ?3)
         ORDER BY id",
        columns()
    ))?;
    let mut rows = statement.query(params![filter.span.from, filter.span.to, filter.account_id])?;
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
            let names = TEXT.into_iter().chain(NUMBERS).chain(ADDED);
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
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            safe_cell(&String::from_utf8_lossy(text)).into_owned()
        }
    })
}
