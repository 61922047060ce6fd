//! The sessions and the events of a user as tables. They exist only as CSV: the page shows
//! the events of each session together.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    sheet::Sheet,
    table::{Table, choice::Sort, column::Column},
    value::Value,
    view::View,
};
use crate::{model::calendar::TimeZone, store::user_page::UserSession};

/// An event, and the session that contains it.
struct EventOfSession {
    session_id: Option<String>,
    event: Json,
}

/// Writes the table that an address requests, if it is one of these.
pub(super) fn requested(
    sessions: &[UserSession],
    sheet: &Sheet,
    path: &str,
    view: &View,
    zone: &TimeZone,
) -> Markup {
    let of_sessions = session_table(path, view, zone);
    let of_events = event_table(path, view, zone);
    if of_sessions.is_requested() {
        sheet.table(&of_sessions, sessions.to_vec())
    } else if of_events.is_requested() {
        let events = sessions.iter().flat_map(|session| {
            session.events.iter().map(|event| EventOfSession {
                session_id: session.session_id.clone(),
                event: event.clone(),
            })
        });
        sheet.table(&of_events, events.collect())
    } else {
        html! {}
    }
}

/// The time of the first event of a session. If that event is no longer stored, the start of
/// the quarter of an hour that contains it.
pub(super) fn begins(session: &UserSession) -> i64 {
    let first = session.events.first();
    first
        .and_then(|event| event["created_at"].as_i64())
        .unwrap_or(session.begins)
}

fn session_table<'v>(path: &str, view: &'v View, zone: &'v TimeZone) -> Table<'v, UserSession> {
    let usual = Sort::down("begins");
    Table::new("sessions", "Sessions", usual, path, view)
        .with(Column::number(
            "begins",
            "Begins",
            move |of: &UserSession| Value::time(begins(of), zone),
        ))
        .with(Column::text("session_id", "Session", |of: &UserSession| {
            Value::text(of.session_id.clone())
        }))
        .with(Column::number("events", "Events", |of: &UserSession| {
            Value::Count(i64::try_from(of.count).unwrap_or(i64::MAX))
        }))
        .with(Column::number(
            "uses",
            "Feature uses",
            |of: &UserSession| Value::Sum(of.features),
        ))
        .with(Column::number(
            "active_time",
            "Active time",
            |of: &UserSession| Value::Duration(of.active_time as i64),
        ))
}

fn event_table<'v>(path: &str, view: &'v View, zone: &'v TimeZone) -> Table<'v, EventOfSession> {
    let usual = Sort::up("at");
    let mut table = Table::new("events", "Events", usual, path, view)
        .with(Column::number("at", "At", move |of: &EventOfSession| {
            let at = of.event["created_at"].as_i64();
            at.map_or(Value::None, |at| Value::time(at, zone))
        }))
        .with(Column::text(
            "session_id",
            "Session",
            |of: &EventOfSession| Value::text(of.session_id.clone()),
        ));
    for name in ["action", "product", "module", "feature", "url"] {
        table = table.with(Column::text(name, name, move |of: &EventOfSession| {
            Value::text(of.event[name].as_str().map(str::to_owned))
        }));
    }
    for name in ["total", "time_spent", "active_duration"] {
        table = table.with(Column::number(name, name, move |of: &EventOfSession| {
            of.event[name].as_f64().map_or(Value::None, Value::Sum)
        }));
    }
    table
}
