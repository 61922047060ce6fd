//! Finds the events of an erasure, and what it leaves of their users and streams.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::{
    condition::{Condition, Members},
    homes::{self, FirstEvents},
};
use crate::{
    model::{
        erasure::{Erasure, ErasureKind},
        stream_record::StreamEvents,
    },
    store::{
        event_key::{IdScope, key},
        sqlite::{event_ids, event_months, events, json, rows::EventRow},
    },
};

/// Events that an erasure concerns, among those that had arrived when they were
/// looked for.
#[derive(Debug, Clone, Default)]
pub struct FoundEvents {
    rows: Vec<EventRow>,
    /// The event that had arrived last.
    last: Option<EventRow>,
    /// The streams of the events that had no other event.
    streams: BTreeSet<String>,
    /// Of their other streams the events that are not concerned.
    left: BTreeMap<String, StreamEvents>,
    /// The first events of users who may have to move.
    firsts: BTreeMap<String, FirstEvents>,
}

impl FoundEvents {
    /// Number of the events.
    pub fn count(&self) -> usize {
        self.rows.len()
    }
}

/// Finds the events of an erasure. It reads all events.
///
/// # Errors
/// Those of SQLite.
pub fn find_events(conn: &Connection, erasure: &Erasure) -> rusqlite::Result<FoundEvents> {
    find_events_of(conn, erasure, Members::Taken)
}

pub(super) fn find_events_of(
    conn: &Connection,
    erasure: &Erasure,
    members: Members,
) -> rusqlite::Result<FoundEvents> {
    let event = match erasure.kind {
        ErasureKind::Event => event_of(conn, &erasure.id)?,
        ErasureKind::Stream | ErasureKind::User | ErasureKind::Account | ErasureKind::Source => {
            None
        }
    };
    let mut found = find_with(conn, erasure, members, event)?;
    let condition = found.condition(erasure, members, event);
    if erasure.kind != ErasureKind::Event {
        found.rows = find_after(conn, &condition, None)?;
    }
    if erasure.kind == ErasureKind::Stream {
        // Its record goes as a whole.
        return Ok(found);
    }
    let mut streams = streams_after(conn, &condition, None, true)?;
    let mut left = streams.clone();
    if erasure.kind != ErasureKind::Event {
        let others = streams_after(conn, &condition, None, false)?;
        left.retain(|stream| others.contains(stream));
        streams.retain(|stream| !others.contains(stream));
        found.streams = streams;
    }
    found.left = events_of_streams(conn, &condition, &left, None)?;
    Ok(found)
}

/// As it is for one event, of which nobody looks at the other events of its stream.
pub(super) fn find_event(
    conn: &Connection,
    erasure: &Erasure,
    event: EventRow,
) -> rusqlite::Result<FoundEvents> {
    let mut found = find_with(conn, erasure, Members::Taken, Some(event))?;
    found.rows = vec![event];
    Ok(found)
}

fn find_with(
    conn: &Connection,
    erasure: &Erasure,
    members: Members,
    event: Option<EventRow>,
) -> rusqlite::Result<FoundEvents> {
    let mut found = FoundEvents {
        last: events::last(conn)?,
        ..FoundEvents::default()
    };
    let condition = found.condition_of_firsts(erasure, members, event);
    let users = match erasure.kind {
        // A user is erased with all events.
        ErasureKind::User => BTreeSet::new(),
        ErasureKind::Stream | ErasureKind::Event | ErasureKind::Account | ErasureKind::Source => {
            homes::named_users(conn, erasure, &condition)?
        }
    };
    homes::add_firsts(conn, &condition, &users, None, &mut found.firsts)?;
    Ok(found)
}

impl FoundEvents {
    /// The condition for the events that name no other place of their users.
    fn condition_of_firsts(
        &self,
        erasure: &Erasure,
        members: Members,
        event: Option<EventRow>,
    ) -> Condition {
        match erasure.kind {
            ErasureKind::Account => Condition::of_account(erasure),
            ErasureKind::Stream | ErasureKind::Event | ErasureKind::User | ErasureKind::Source => {
                self.condition(erasure, members, event)
            }
        }
    }

    fn condition(&self, erasure: &Erasure, members: Members, event: Option<EventRow>) -> Condition {
        let placed = self.firsts.iter().filter(|(_, first)| first.is_trusted);
        let placed: Vec<&String> = placed.map(|(user, _)| user).collect();
        Condition::new(erasure, members, event, &json::write(&placed))
    }
}

/// The event with an id, if it is stored. What a page sent under the id goes before what a
/// server did.
fn event_of(conn: &Connection, event_id: &str) -> rusqlite::Result<Option<EventRow>> {
    for scope in IdScope::ALL {
        // Retention drops an event before its id is forgotten.
        if let Some((_, event)) = event_ids::find(conn, &key(event_id, scope))?
            && event_months::of_event(conn, event)?.is_some()
        {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

fn find_after(
    conn: &Connection,
    condition: &Condition,
    after: Option<EventRow>,
) -> rusqlite::Result<Vec<EventRow>> {
    let is_concerned = &condition.sql;
    let after = after.map_or(0, EventRow::number);
    let mut found = Vec::new();
    for month in event_months::all(conn)? {
        let mut of_month = conn.prepare(&format!(
            "SELECT id FROM {} WHERE id > ?3 AND {is_concerned}",
            event_months::table(month)
        ))?;
        let mut rows = of_month.query(params![condition.id, condition.placed, after])?;
        while let Some(row) = rows.next()? {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// What an erasure concerns now.
#[derive(Debug)]
pub(super) struct Concerned {
    pub(super) events: Vec<EventRow>,
    /// The streams of which no event is left once they are gone.
    pub(super) empty_streams: BTreeSet<String>,
    /// The events that are left of other streams.
    pub(super) left: BTreeMap<String, StreamEvents>,
    /// The first events of users who may have to move.
    pub(super) firsts: BTreeMap<String, FirstEvents>,
}

/// The events that were found and are still concerned, and those that arrived
/// since: meanwhile retention may have deleted some, and a user may have been
/// moved.
pub(super) fn find_now(
    conn: &Connection,
    erasure: &Erasure,
    members: Members,
    found: &FoundEvents,
) -> rusqlite::Result<Concerned> {
    let mut now = found.clone();
    let event = match erasure.kind {
        ErasureKind::Event if found.rows.is_empty() => event_of(conn, &erasure.id)?,
        ErasureKind::Event => found.rows.first().copied(),
        ErasureKind::Stream | ErasureKind::User | ErasureKind::Account | ErasureKind::Source => {
            None
        }
    };
    let of_firsts = now.condition_of_firsts(erasure, members, event);
    let users = now.firsts.keys().cloned().collect();
    homes::add_firsts(conn, &of_firsts, &users, found.last, &mut now.firsts)?;
    let condition = now.condition(erasure, members, event);
    let mut events = Vec::with_capacity(found.rows.len());
    if erasure.kind == ErasureKind::Event {
        events.extend(event);
    } else {
        let is_concerned = &condition.sql;
        let mut is_still_concerned = conn.prepare(&format!(
            "SELECT 1 FROM events WHERE id = ?3 AND {is_concerned}"
        ))?;
        for event in &found.rows {
            if is_still_concerned.exists(params![condition.id, condition.placed, event])? {
                events.push(*event);
            }
        }
        events.extend(find_after(conn, &condition, found.last)?);
    }
    let mut empty_streams = now.streams;
    if !empty_streams.is_empty() {
        let others = streams_after(conn, &condition, found.last, false)?;
        empty_streams.retain(|stream| !others.contains(stream));
    }
    let streams = now.left.keys().chain(&found.streams).cloned().collect();
    for (stream, events) in events_of_streams(conn, &condition, &streams, found.last)? {
        now.left.entry(stream).or_default().extend(&events);
    }
    Ok(Concerned {
        events,
        empty_streams,
        left: now.left,
        firsts: now.firsts,
    })
}

/// The streams of the events that an erasure concerns, or of all others, which arrived
/// after one.
fn streams_after(
    conn: &Connection,
    condition: &Condition,
    after: Option<EventRow>,
    is_concerned_wanted: bool,
) -> rusqlite::Result<BTreeSet<String>> {
    let is_concerned = &condition.sql;
    let after = after.map_or(0, EventRow::number);
    let mut streams = BTreeSet::new();
    for month in event_months::all(conn)? {
        let mut of_month = conn.prepare(&format!(
            "SELECT DISTINCT stream_id FROM {}
             WHERE id > ?3 AND stream_id IS NOT NULL AND {is_concerned} = ?4",
            event_months::table(month)
        ))?;
        let mut rows = of_month.query(params![
            condition.id,
            condition.placed,
            after,
            is_concerned_wanted
        ])?;
        while let Some(row) = rows.next()? {
            streams.insert(row.get(0)?);
        }
    }
    Ok(streams)
}

/// The numbered events of streams that an erasure does not concern, which arrived after one.
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
            "SELECT stream_id, seq, created_at FROM {}
             WHERE id > ?3 AND seq IS NOT NULL AND NOT {is_concerned}
                 AND stream_id IN (SELECT value FROM json_each(?4))",
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
