//! Reads stored events for a migration.

use rusqlite::{Connection, params};

use super::{
    handing::{Take, failed},
    rows,
};
use crate::{
    model::{calendar::Month, keys::SourceId},
    store::{
        event_key::{IdKey, IdScope, key},
        migration::{Cell, EVENTS, MigrationError, Position, Row},
        sqlite::{event_ids, event_months, facts::QUARTER_MS, retention, rows::EventRow},
    },
};

const DAY_MS: i64 = 86_400_000;

/// Number of columns of a migrated event that precede the columns stored in the file.
const BEFORE: usize = 2;

/// A text with the number of events and the last event of each month.
pub(super) fn content(conn: &Connection) -> rusqlite::Result<String> {
    let mut content = retention::events_from(conn)?.to_string();
    for month in event_months::all(conn)? {
        let sql = format!(
            "SELECT COUNT(*), IFNULL(MAX(id), 0) FROM {}",
            event_months::table(month)
        );
        let (count, last): (i64, i64) =
            conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        content += &format!(" {} {count} {last}", month.number());
    }
    Ok(content)
}

/// Passes the events after a position to `take`. Events from before the time from which on all are
/// stored are left out, because their figures are migrated instead.
pub(super) fn read(
    conn: &Connection,
    from: Position,
    most: usize,
    take: &mut Take<'_>,
) -> Result<(), MigrationError> {
    let events_from = i64::from(retention::events_from(conn).map_err(failed)?) * QUARTER_MS;
    for month in event_months::all(conn).map_err(failed)? {
        if month.number() < from.month || month.end_ms() <= events_from {
            continue;
        }
        let mut position = Position {
            month: month.number(),
            event: 0,
            ..from
        };
        if position.month == from.month {
            position.event = from.event;
        }
        loop {
            let read = read_some(conn, month, position.event, events_from, most).map_err(failed)?;
            let Some(last) = read.last() else { break };
            if let Some(Cell::Number(last)) = last.get(BEFORE) {
                position.event = *last;
            }
            take(read, position)?;
        }
    }
    Ok(())
}

fn read_some(
    conn: &Connection,
    month: Month,
    after: i64,
    events_from: i64,
    most: usize,
) -> rusqlite::Result<Vec<Row>> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {} FROM {} WHERE id > ?1 AND created_at >= ?2 ORDER BY id LIMIT ?3",
        event_months::NAMES,
        event_months::table(month)
    ))?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut found = statement.query(params![after, events_from, most])?;
    let mut read = Vec::new();
    while let Some(row) = found.next()? {
        let created_at: i64 = row.get("created_at")?;
        let day = i32::try_from(created_at.div_euclid(DAY_MS)).unwrap_or(i32::MAX);
        let event_id = row.get_ref("event_id")?.as_str()?;
        let key = key_of(conn, event_id, row.get("id")?, row.get("source_id")?)?;
        let mut moved = vec![Cell::Small(day), Cell::Bytes(key.to_vec())];
        for (at, (_, kind)) in EVENTS.columns[BEFORE..].iter().enumerate() {
            moved.push(rows::cell(row, at, *kind)?);
        }
        read.push(moved);
    }
    Ok(read)
}

/// The key that identifies the event when it is sent again.
fn key_of(
    conn: &Connection,
    event_id: &str,
    event: EventRow,
    source: SourceId,
) -> rusqlite::Result<IdKey> {
    if let Some(recorded) = event_ids::key_of(conn, event_id, event)? {
        return Ok(recorded);
    }
    let is_trusted = conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM sources WHERE id = ?1 AND trusted)")?
        .query_row([source], |row| row.get(0))?;
    Ok(key(event_id, IdScope::of(is_trusted)))
}
