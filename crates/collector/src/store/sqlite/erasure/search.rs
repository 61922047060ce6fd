//! Finds the events of an erasure, and what remains after it.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::{
    condition::{Condition, Members},
    membership::{self, FirstEvents},
    remaining::{self, Remaining},
    streams_left::{self, StreamsLeft},
};
use crate::{
    model::erasure::{Erasure, ErasureKind},
    store::{
        event_key::{IdScope, key},
        sqlite::{event_ids, event_months, events, json, rows::EventRow},
    },
};

/// The events that an erasure concerns, among those that had arrived at the time of the search.
#[derive(Debug, Clone, Default)]
pub struct FoundEvents {
    rows: Vec<EventRow>,
    /// The latest event at that time.
    last: Option<EventRow>,
    /// What remains of their streams.
    streams: StreamsLeft,
    /// The first events of users who may have to move.
    firsts: BTreeMap<String, FirstEvents>,
    /// The contents of the identifications that remain.
    remaining: Remaining,
}

impl FoundEvents {
    /// Number of the events.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The condition for the first events of users who may have to move: those that do not name
    /// another account.
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

/// Finds the events of an erasure. It reads all events.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find_events(conn: &Connection, erasure: &Erasure) -> rusqlite::Result<FoundEvents> {
    let event = match erasure.kind {
        ErasureKind::Event => event_of(conn, &erasure.id)?,
        ErasureKind::Stream | ErasureKind::User | ErasureKind::Account | ErasureKind::Source => {
            None
        }
    };
    find_events_of(conn, erasure, Members::Erased, event)
}

/// Finds the events of an erasure. `event` is set when a single event is erased, because an event
/// of another source may have the same id.
pub(super) fn find_events_of(
    conn: &Connection,
    erasure: &Erasure,
    members: Members,
    event: Option<EventRow>,
) -> rusqlite::Result<FoundEvents> {
    let mut found = FoundEvents {
        last: events::last(conn)?,
        ..FoundEvents::default()
    };
    let of_firsts = found.condition_of_firsts(erasure, members, event);
    let users = match erasure.kind {
        // When a user is erased, all of the user's events go.
        ErasureKind::User => BTreeSet::new(),
        ErasureKind::Stream | ErasureKind::Event | ErasureKind::Account | ErasureKind::Source => {
            membership::named_users(conn, erasure, &of_firsts)?
        }
    };
    membership::add_firsts(conn, &of_firsts, &users, None, &mut found.firsts)?;
    let condition = found.condition(erasure, members, event);
    found.rows = find_after(conn, &condition, None)?;
    found.streams = streams_left::find(conn, erasure, &condition)?;
    found.remaining = remaining::find(conn, erasure, &condition)?;
    Ok(found)
}

/// The event with an id, if it is stored. If both a page and a server sent an event with this id,
/// the one of the page is meant.
fn event_of(conn: &Connection, event_id: &str) -> rusqlite::Result<Option<EventRow>> {
    for scope in IdScope::ALL {
        // The id may still be recorded when retention has dropped the event.
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
            "SELECT e.id FROM {} e WHERE e.id > ?3 AND {is_concerned}",
            event_months::table(month)
        ))?;
        let mut rows = of_month.query(params![condition.id, condition.placed, after])?;
        while let Some(row) = rows.next()? {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// What an erasure concerns at the time of the transaction.
#[derive(Debug)]
pub(super) struct Concerned {
    pub(super) events: Vec<EventRow>,
    /// What remains of their streams.
    pub(super) streams: StreamsLeft,
    /// The first events of users who may have to move.
    pub(super) firsts: BTreeMap<String, FirstEvents>,
    /// The contents of the identifications that remain.
    pub(super) remaining: Remaining,
}

/// The found events that still match, and those that arrived since. Meanwhile retention may have
/// deleted some, and users may have been moved.
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
    membership::add_firsts(conn, &of_firsts, &users, found.last, &mut now.firsts)?;
    let condition = now.condition(erasure, members, event);
    let is_concerned = &condition.sql;
    let mut is_still_concerned = conn.prepare(&format!(
        "SELECT 1 FROM events e WHERE e.id = ?3 AND {is_concerned}"
    ))?;
    let mut events = Vec::with_capacity(found.rows.len());
    for event in &found.rows {
        if is_still_concerned.exists(params![condition.id, condition.placed, event])? {
            events.push(*event);
        }
    }
    events.extend(find_after(conn, &condition, found.last)?);
    let (last, remaining) = (found.last, &found.remaining);
    Ok(Concerned {
        events,
        streams: streams_left::find_now(conn, &condition, last, &found.streams)?,
        firsts: now.firsts,
        remaining: remaining::find_now(conn, erasure, &condition, last, remaining)?,
    })
}
