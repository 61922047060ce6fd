//! Which events of streams remain after an erasure.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::condition::Condition;
use crate::{
    model::{
        erasure::{Erasure, ErasureKind},
        stream_record::StreamEvents,
    },
    store::sqlite::{event_months, json, rows::EventRow},
};

/// What remains of the streams of the erased events.
#[derive(Debug, Clone, Default)]
pub(super) struct StreamsLeft {
    /// The streams.
    streams: BTreeSet<String>,
    /// Their remaining events. A stream without any has no entry.
    pub(super) left: BTreeMap<String, StreamEvents>,
}

/// Finds what remains after an erasure.
pub(super) fn find(
    conn: &Connection,
    erasure: &Erasure,
    condition: &Condition,
) -> rusqlite::Result<StreamsLeft> {
    if erasure.kind == ErasureKind::Stream {
        // The record of an erased stream is deleted as a whole.
        return Ok(StreamsLeft::default());
    }
    let streams = streams_after(conn, condition, None)?;
    let left = events_of_streams(conn, condition, &streams, None)?;
    Ok(StreamsLeft { streams, left })
}

/// Adds the events that arrived after one. If only newer events make the erasure concern a stream,
/// its older events were not searched. They count as dropped, and their numbers stay recorded.
pub(super) fn find_now(
    conn: &Connection,
    condition: &Condition,
    after: Option<EventRow>,
    found: &StreamsLeft,
) -> rusqlite::Result<StreamsLeft> {
    let mut now = found.clone();
    now.streams.extend(streams_after(conn, condition, after)?);
    for (stream, events) in events_of_streams(conn, condition, &now.streams, after)? {
        now.left.entry(stream).or_default().extend(&events);
    }
    Ok(now)
}

/// The streams of the events that an erasure concerns and that arrived after one.
fn streams_after(
    conn: &Connection,
    condition: &Condition,
    after: Option<EventRow>,
) -> rusqlite::Result<BTreeSet<String>> {
    let is_concerned = &condition.sql;
    let after = after.map_or(0, EventRow::number);
    let mut streams = BTreeSet::new();
    for month in event_months::all(conn)? {
        let mut of_month = conn.prepare(&format!(
            "SELECT DISTINCT e.stream_id FROM {} e
             WHERE e.id > ?3 AND e.stream_id IS NOT NULL AND {is_concerned}",
            event_months::table(month)
        ))?;
        let mut rows = of_month.query(params![condition.id, condition.placed, after])?;
        while let Some(row) = rows.next()? {
            streams.insert(row.get(0)?);
        }
    }
    Ok(streams)
}

/// The numbered events of streams that an erasure does not concern and that arrived after one.
fn events_of_streams(
    conn: &Connection,
    condition: &Condition,
    streams: &BTreeSet<String>,
    after: Option<EventRow>,
) -> rusqlite::Result<BTreeMap<String, StreamEvents>> {
    let mut events: BTreeMap<String, StreamEvents> = BTreeMap::new();
    if streams.is_empty() {
        return Ok(events);
    }
    let is_concerned = &condition.sql;
    let after = after.map_or(0, EventRow::number);
    for month in event_months::all(conn)? {
        let mut of_month = conn.prepare(&format!(
            "SELECT e.stream_id, e.seq, e.created_at FROM {} e
             WHERE e.id > ?3 AND e.seq IS NOT NULL AND NOT {is_concerned}
                 AND e.stream_id IN (SELECT value FROM json_each(?4))",
            event_months::table(month)
        ))?;
        let mut rows = of_month.query(params![
            condition.id,
            condition.placed,
            after,
            json::write(streams)
        ])?;
        while let Some(row) = rows.next()? {
            if let Ok(seq) = row.get(1) {
                let of_stream = events.entry(row.get(0)?).or_default();
                of_stream.add(seq, row.get(2)?);
            }
        }
    }
    Ok(events)
}
