//! Finds the events of an erasure.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::remaining::{self, Remaining};
use crate::{
    model::erasure::{Erasure, ErasureKind},
    store::{
        event_key::{IdScope, key},
        sqlite::{event_ids, event_months, events, rows::EventRow},
    },
};

/// What becomes of the users who belong to an account that is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// They are erased with it.
    Taken,
    /// They stay: those who were erased with it were so before, each by itself.
    Kept,
}

/// Events that an erasure concerns, among those that had arrived when they were
/// looked for.
#[derive(Debug, Clone, Default)]
pub struct FoundEvents {
    rows: Vec<EventRow>,
    /// The event that had arrived last.
    last: Option<EventRow>,
    /// The streams of the events that had no other event.
    streams: BTreeSet<String>,
    /// What the identifications say that are left.
    remaining: Remaining,
}

impl FoundEvents {
    /// One event that was found by itself.
    pub(super) fn of(
        conn: &Connection,
        erasure: &Erasure,
        event: EventRow,
    ) -> rusqlite::Result<Self> {
        Ok(FoundEvents {
            rows: vec![event],
            last: events::last(conn)?,
            remaining: remaining::find(conn, erasure, &is_event(Some(event)))?,
            ..FoundEvents::default()
        })
    }

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
    let last = events::last(conn)?;
    let rows = find_after(conn, erasure, members, None)?;
    let streams = match erasure.kind {
        // What becomes of one stream needs no search, and one event does not empty it.
        ErasureKind::Stream | ErasureKind::Event => BTreeSet::new(),
        ErasureKind::User | ErasureKind::Account | ErasureKind::Source => {
            let mut streams = streams_after(conn, erasure, members, None, true)?;
            let others = streams_after(conn, erasure, members, None, false)?;
            streams.retain(|stream| !others.contains(stream));
            streams
        }
    };
    let is_concerned = is_taken_back(erasure, event_of(conn, erasure)?);
    Ok(FoundEvents {
        rows,
        last,
        streams,
        remaining: remaining::find(conn, erasure, &is_concerned)?,
    })
}

fn find_after(
    conn: &Connection,
    erasure: &Erasure,
    members: Members,
    after: Option<EventRow>,
) -> rusqlite::Result<Vec<EventRow>> {
    if erasure.kind == ErasureKind::Event {
        // Its id has an index: it is looked up when it is erased.
        return Ok(Vec::new());
    }
    let is_concerned = is_concerned(erasure, members);
    let after = after.map_or(0, EventRow::number);
    let mut found = Vec::new();
    for month in event_months::all(conn)? {
        let mut of_month = conn.prepare(&format!(
            "SELECT id FROM {} WHERE id > ?2 AND {is_concerned}",
            event_months::table(month)
        ))?;
        let mut rows = of_month.query(params![erasure.id, after])?;
        while let Some(row) = rows.next()? {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// The clause for the events of an erasure, whose id is the first parameter.
fn is_concerned(erasure: &Erasure, members: Members) -> String {
    match (erasure.kind, members) {
        (ErasureKind::Stream, _) => "(stream_id = ?1)".into(),
        (ErasureKind::User, _) => "(user_id = ?1)".into(),
        (ErasureKind::Event, _) => "(event_id = ?1)".into(),
        (ErasureKind::Account, Members::Kept) => "(account_id = ?1)".into(),
        (ErasureKind::Account, Members::Taken) => "(account_id = ?1 OR user_id IN (
                 SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
                 WHERE a.account_id = ?1))"
            .into(),
        (ErasureKind::Source, _) => format!(
            "(?1 = 'source-' || source_id AND received_at >= {} AND received_at < {})",
            erasure.arrived.from, erasure.arrived.to
        ),
    }
}

/// The clause for the events of an erasure that takes events back. `event` is that of an
/// erasure of one: its id may be that of another source's event, too.
fn is_taken_back(erasure: &Erasure, event: Option<EventRow>) -> String {
    match erasure.kind {
        ErasureKind::Event => is_event(event),
        ErasureKind::Stream | ErasureKind::Source | ErasureKind::User | ErasureKind::Account => {
            is_concerned(erasure, Members::Taken)
        }
    }
}

fn is_event(event: Option<EventRow>) -> String {
    format!("(e.id = {})", event.map_or(0, EventRow::number))
}

/// The events that were found and are still concerned, and those that arrived
/// since: meanwhile retention may have deleted some, and a user may have been
/// moved.
pub(super) fn find_now(
    conn: &Connection,
    erasure: &Erasure,
    members: Members,
    found: &FoundEvents,
) -> rusqlite::Result<Vec<EventRow>> {
    if erasure.kind == ErasureKind::Event {
        if !found.rows.is_empty() {
            return Ok(found.rows.clone());
        }
        return Ok(event_of(conn, erasure)?.into_iter().collect());
    }
    let is_concerned = is_concerned(erasure, members);
    let mut is_still_concerned = conn.prepare(&format!(
        "SELECT 1 FROM events WHERE id = ?2 AND {is_concerned}"
    ))?;
    let mut now = Vec::with_capacity(found.rows.len());
    for event in &found.rows {
        if is_still_concerned.exists(params![erasure.id, event])? {
            now.push(*event);
        }
    }
    now.extend(find_after(conn, erasure, members, found.last)?);
    Ok(now)
}

/// The event of an erasure of one. What a page sent under the id goes before what a server
/// did.
fn event_of(conn: &Connection, erasure: &Erasure) -> rusqlite::Result<Option<EventRow>> {
    if erasure.kind == ErasureKind::Event {
        for scope in IdScope::ALL {
            if let Some((_, event)) = event_ids::find(conn, &key(&erasure.id, scope))? {
                return Ok(Some(event));
            }
        }
    }
    Ok(None)
}

/// What the identifications say that are left once those of the erasure are gone.
pub(super) fn remaining_now(
    conn: &Connection,
    erasure: &Erasure,
    concerned: &[EventRow],
    found: &FoundEvents,
) -> rusqlite::Result<Remaining> {
    let is_concerned = is_taken_back(erasure, concerned.first().copied());
    remaining::find_now(conn, erasure, &is_concerned, found.last, &found.remaining)
}

/// The streams of which no event is left once those of the erasure are gone.
pub(super) fn streams_left_empty(
    conn: &Connection,
    erasure: &Erasure,
    members: Members,
    found: &FoundEvents,
) -> rusqlite::Result<BTreeSet<String>> {
    let mut streams = found.streams.clone();
    if !streams.is_empty() {
        let others = streams_after(conn, erasure, members, found.last, false)?;
        streams.retain(|stream| !others.contains(stream));
    }
    Ok(streams)
}

/// The streams of the events that an erasure concerns, or of all others, which arrived
/// after one.
fn streams_after(
    conn: &Connection,
    erasure: &Erasure,
    members: Members,
    after: Option<EventRow>,
    is_concerned_wanted: bool,
) -> rusqlite::Result<BTreeSet<String>> {
    let is_concerned = is_concerned(erasure, members);
    let after = after.map_or(0, EventRow::number);
    let mut streams = BTreeSet::new();
    for month in event_months::all(conn)? {
        let mut of_month = conn.prepare(&format!(
            "SELECT DISTINCT stream_id FROM {}
             WHERE id > ?2 AND stream_id IS NOT NULL AND {is_concerned} = ?3",
            event_months::table(month)
        ))?;
        let mut rows = of_month.query(params![erasure.id, after, is_concerned_wanted])?;
        while let Some(row) = rows.next()? {
            streams.insert(row.get(0)?);
        }
    }
    Ok(streams)
}
