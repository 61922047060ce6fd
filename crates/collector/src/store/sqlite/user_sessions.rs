//! The sessions of a user, and the events in them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::{
    export,
    facts::{QUARTER_MS, Sums},
    hierarchy::Scope,
    rows::{AccountRow, SessionRow, UserRow},
    usage::{CaptureStatus, Detail, scan},
};
use crate::{model::usage::Span, store::user_page::MAX_QUARTERS};

/// A session of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSession {
    /// Its id; `None` for the events without a session.
    pub session_id: Option<String>,
    /// The quarters of an hour in which it has events, counted from the Unix epoch.
    pub quarters: BTreeSet<u32>,
    /// Its figures.
    pub sums: Sums,
}

impl UserSession {
    /// First ms of the quarter of an hour of its first event.
    pub fn begins(&self) -> i64 {
        self.quarters
            .first()
            .map_or(0, |quarter| i64::from(*quarter) * QUARTER_MS)
    }
}

/// Reads the sessions of a user in some accounts within a span, the latest first.
///
/// # Errors
/// Fails when SQLite fails.
pub fn read(
    conn: &Connection,
    user: UserRow,
    scope: &Scope,
    span: Span,
) -> rusqlite::Result<Vec<UserSession>> {
    let mut sessions: BTreeMap<Option<SessionRow>, (BTreeSet<u32>, Sums)> = BTreeMap::new();
    scan(conn, scope, span, Detail::Groups, |_, status, fact| {
        if status == CaptureStatus::UserConflict || fact.key.user != user {
            return;
        }
        let (quarters, sums) = sessions.entry(fact.key.session).or_default();
        quarters.insert(fact.key.quarter);
        sums.add(&fact.sums);
    })?;
    let mut id = conn.prepare_cached("SELECT session_id FROM sessions WHERE no = ?1")?;
    let mut read = Vec::with_capacity(sessions.len());
    for (session, (quarters, sums)) in sessions {
        let session_id = match session {
            None => None,
            Some(row) => id.query_row([row], |row| row.get(0)).optional()?,
        };
        read.push(UserSession {
            session_id,
            quarters,
            sums,
        });
    }
    read.sort_by(|left, right| right.quarters.last().cmp(&left.quarters.last()));
    Ok(read)
}

/// Reads the quarters of an hour of the first and the latest counted event of a user in some
/// accounts, in ms since the Unix epoch.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn first_and_last(
    conn: &Connection,
    user: UserRow,
    scope: &Scope,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let mut seen: Option<(i64, i64)> = None;
    let detail = Detail::Groups;
    scan(conn, scope, Span::ALL, detail, |_, status, fact| {
        if status == CaptureStatus::Counted && fact.key.user == user {
            let at = i64::from(fact.key.quarter) * QUARTER_MS;
            seen = Some(seen.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
    })?;
    Ok(seen)
}

/// The ids of accounts.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn ids(conn: &Connection, accounts: &[AccountRow]) -> rusqlite::Result<Vec<String>> {
    let mut id = conn.prepare_cached("SELECT account_id FROM accounts WHERE no = ?1")?;
    let ids = accounts.iter();
    ids.map(|account| id.query_row([account], |row| row.get(0)))
        .collect()
}

/// Reads the stored events of a session in some accounts, in the order in which they were made, and
/// whether there are more.
///
/// # Errors
/// Fails when SQLite fails.
pub fn events(
    conn: &Connection,
    account_ids: &[String],
    user_id: &str,
    session: &UserSession,
    span: Span,
    limit: usize,
) -> rusqlite::Result<(Vec<Value>, bool)> {
    let mut events = Vec::new();
    let quarters = session.quarters.iter().take(MAX_QUARTERS);
    for quarter in quarters {
        let quarter = i64::from(*quarter) * QUARTER_MS;
        let quarter = Span {
            from: quarter.max(span.from),
            to: (quarter + QUARTER_MS).min(span.to),
        };
        let mut of_quarter = Vec::new();
        for account_id in account_ids {
            of_quarter.extend(export::of_user(
                conn,
                account_id,
                user_id,
                quarter,
                i64::MAX,
            )?);
        }
        of_quarter.sort_by_key(|event| event["created_at"].as_i64());
        events.extend(of_quarter.into_iter().filter(|event| {
            event["session_id"].as_str() == session.session_id.as_deref()
                && event["set_aside"] != Value::Bool(true)
        }));
        if events.len() > limit {
            events.truncate(limit);
            return Ok((events, true));
        }
    }
    Ok((events, session.quarters.len() > MAX_QUARTERS))
}
