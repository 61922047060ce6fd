//! The sessions of a user, and their events.

use std::collections::BTreeSet;

use super::reading::{Reading, sums};
use crate::{
    model::{
        quarter::QUARTER_MS,
        usage::{Filter, Span},
    },
    store::{
        scaled::{clickhouse::External, failure::Result, row_binary::RowBinary},
        sums::Sums,
        user_page::MAX_QUARTERS,
    },
};

/// A session of a user.
#[derive(Debug)]
pub(in crate::store::scaled) struct Session {
    /// Its id; `None` for the events without a session.
    pub(in crate::store::scaled) session_id: Option<String>,
    /// The quarters of an hour in which it has events, counted from the Unix epoch.
    pub(in crate::store::scaled) quarters: BTreeSet<u32>,
    /// Its figures.
    pub(in crate::store::scaled) sums: Sums,
}

impl Session {
    /// First ms of the quarter of an hour of its first event.
    pub(in crate::store::scaled) fn begins(&self) -> i64 {
        let first = self.quarters.first();
        first.map_or(0, |quarter| i64::from(*quarter) * QUARTER_MS)
    }

    /// The first ms whose events are not read, because the session has too many quarters of an hour
    /// before it.
    fn end(&self) -> i64 {
        let last = self.quarters.iter().take(MAX_QUARTERS).next_back();
        last.map_or(0, |quarter| (i64::from(*quarter) + 1) * QUARTER_MS)
    }
}

/// The key of an event, and when it was made.
pub(in crate::store::scaled) type EventKey = ([u8; 16], i64);

/// Reads the sessions of a user within a span, in the accounts of a reading, the latest first.
/// Sessions that end in the same quarter of an hour are ordered by id.
pub(in crate::store::scaled) async fn read(
    reading: &Reading,
    user_id: &str,
    span: Span,
) -> Result<Vec<Session>> {
    let sql = |facts: &str| {
        format!(
            "SELECT session_id, groupUniqArray(quarter), {} FROM ({}) WHERE aside = 0
         GROUP BY session_id",
            sums("1 = 1"),
            facts
        )
    };
    let mut rows = reading
        .ask((span, &of_user(user_id)), sql, Vec::new())
        .await?;
    let mut sessions = Vec::new();
    while rows.has_more() {
        sessions.push(Session {
            session_id: rows.optional()?,
            quarters: rows.smalls()?.into_iter().collect(),
            sums: rows.sums()?,
        });
    }
    sessions.sort_by(|left, right| {
        let latest_first = right.quarters.last().cmp(&left.quarters.last());
        latest_first.then_with(|| left.session_id.cmp(&right.session_id))
    });
    Ok(sessions)
}

/// The keys of the first events of each session: up to one more than a limit, and all others that
/// were made in the same ms as the last of these. Only PostgreSQL knows in which order those
/// arrived.
pub(in crate::store::scaled) async fn first_events(
    reading: &Reading,
    user_id: &str,
    span: Span,
    sessions: &[Session],
    limit: usize,
) -> Result<Vec<EventKey>> {
    if sessions.is_empty() {
        return Ok(Vec::new());
    }
    let sql = |facts: &str| {
        let of_sessions = format!(
            "SELECT key, created_at, until, session
             FROM (SELECT key, created_at, {SESSION} AS session FROM ({facts})
                 WHERE aside = 0) AS facts
                ALL INNER JOIN wanted USING session
             WHERE created_at < until"
        );
        format!(
            "SELECT key, created_at FROM ({of_sessions}) AS made ALL INNER JOIN (
                SELECT session, max(created_at) AS cut FROM (
                    SELECT session, created_at FROM ({of_sessions})
                    ORDER BY created_at LIMIT {} BY session)
                GROUP BY session) AS cuts USING session
             WHERE created_at <= cut",
            limit.saturating_add(1)
        )
    };
    let read = (span, &of_user(user_id));
    let mut rows = reading.ask(read, sql, vec![wanted(sessions)]).await?;
    let mut keys = Vec::new();
    while rows.has_more() {
        keys.push((rows.bytes()?, rows.signed()?));
    }
    Ok(keys)
}

/// A text for the session of an event, because joins do not match on `NULL`.
const SESSION: &str = "if(isNull(session_id), '', concat('s', assumeNotNull(session_id)))";

fn wanted(sessions: &[Session]) -> External {
    let mut rows = RowBinary::default();
    for session in sessions {
        match &session.session_id {
            None => rows.text(""),
            Some(id) => rows.text(&format!("s{id}")),
        }
        rows.signed(session.end());
    }
    External {
        name: "wanted",
        structure: "session String, until Int64",
        rows: rows.finish(),
    }
}

fn of_user(user_id: &str) -> Filter {
    Filter {
        user: Some(user_id.to_owned()),
        ..Filter::default()
    }
}
