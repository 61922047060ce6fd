//! Finds the contents of the identifications that remain after an erasure.

use std::collections::HashSet;

use natero_event::ActionKind;
use rusqlite::{Connection, params};

use super::condition::Condition;
use crate::{
    model::{
        account::Account,
        erasure::{Erasure, ErasureKind},
        remaining_fields::Identified,
        user::User,
    },
    store::{
        identification::{Subject, identified_at},
        remaining_identifications::RemainingIdentifications,
        sqlite::{
            account_rows, event_months, json,
            layers::{self, InTable},
            rows::EventRow,
            users,
        },
    },
};

/// The contents of the identifications that remain after an erasure.
pub(super) type Remaining = RemainingIdentifications<EventRow>;

/// Finds what remains of the accounts and users from which an erasure takes fields back. It reads
/// all events, and reads them a second time if identifications are erased.
pub(super) fn find(
    conn: &Connection,
    erasure: &Erasure,
    condition: &Condition,
) -> rusqlite::Result<Remaining> {
    let mut remaining = Remaining::default();
    extend(conn, erasure, condition, None, &mut remaining)?;
    Ok(remaining)
}

/// Adds the events that arrived after one, and removes those deleted since the search.
pub(super) fn find_now(
    conn: &Connection,
    erasure: &Erasure,
    condition: &Condition,
    after: Option<EventRow>,
    found: &Remaining,
) -> rusqlite::Result<Remaining> {
    let mut remaining = found.clone();
    extend(conn, erasure, condition, after, &mut remaining)?;
    let mut left = HashSet::new();
    for event in remaining.events() {
        if event_months::of_event(conn, event)?.is_some() {
            left.insert(event);
        }
    }
    remaining.retain(&left);
    Ok(remaining)
}

fn extend(
    conn: &Connection,
    erasure: &Erasure,
    condition: &Condition,
    after: Option<EventRow>,
    remaining: &mut Remaining,
) -> rusqlite::Result<()> {
    if erasure.kind == ErasureKind::User {
        // Everything that was said about the user is erased with the user.
        return Ok(());
    }
    let found = Search {
        conn,
        condition,
        after: after.map_or(0, EventRow::number),
    };
    found.each(true, |subject, id, _, _| {
        match (erasure.kind, subject) {
            // Everything that was said about the account is erased with it, but its users may move.
            (ErasureKind::Account, Subject::Account) => Ok(()),
            _ => concern(conn, remaining, subject, id),
        }
    })?;
    if erasure.kind == ErasureKind::Stream {
        for (row, id) in named_by_stream::<Account>(conn, &erasure.id)? {
            let public = layers::find::<Account>(conn, row)?.public;
            remaining.concern(Account::SUBJECT, &id, &public);
        }
        for (row, id) in named_by_stream::<User>(conn, &erasure.id)? {
            let public = layers::find::<User>(conn, row)?.public;
            remaining.concern(User::SUBJECT, &id, &public);
        }
    }
    if remaining.is_empty() {
        return Ok(());
    }
    found.each(false, |subject, id, details, by| {
        if remaining.concerns(subject, id) {
            remaining.add(subject, id, json::object(details), &by);
        }
        Ok(())
    })
}

/// The rows and ids of the accounts or users whose shown fields a stream has set.
pub(super) fn named_by_stream<T: InTable>(
    conn: &Connection,
    stream: &str,
) -> rusqlite::Result<Vec<(T::Row, String)>> {
    let (table, id) = (T::TABLE, T::ID);
    conn.prepare(&format!(
        "SELECT no, {id} FROM {table} WHERE instr(public, ?1)"
    ))?
    .query_map([json::quoted(stream)], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// Adds an account or a user about which an identification is erased.
fn concern(
    conn: &Connection,
    remaining: &mut Remaining,
    subject: Subject,
    id: &str,
) -> rusqlite::Result<()> {
    if remaining.concerns(subject, id) {
        return Ok(());
    }
    let public = match subject {
        Subject::Account => match account_rows::find_row(conn, id)? {
            Some(row) => layers::find::<Account>(conn, row)?.public,
            None => return Ok(()),
        },
        Subject::User => match users::find_with_account(conn, id)? {
            Some((row, _)) => layers::find::<User>(conn, row)?.public,
            None => return Ok(()),
        },
    };
    remaining.concern(subject, id, &public);
    Ok(())
}

/// A search for identifications of public sources that are not set aside.
struct Search<'a> {
    conn: &'a Connection,
    condition: &'a Condition,
    after: i64,
}

impl Search<'_> {
    /// Reads the identifications that an erasure concerns, or all others, in the order of arrival
    /// within each month. Calls `found` with the kind of subject, the id of the account or user,
    /// the details as JSON, and the identification.
    fn each(
        &self,
        is_concerned_wanted: bool,
        mut found: impl FnMut(Subject, &str, &str, Identified<EventRow>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        for month in event_months::all(self.conn)? {
            let mut statement = self.conn.prepare(&format!(
                "SELECT e.id, e.action, e.account_id, e.user_id, e.details, e.created_at,
                     e.received_at, e.stream_id, s.allow_hierarchy
                 FROM {} e JOIN sources s ON s.id = e.source_id
                 WHERE e.id > ?3 AND e.action IN ('identifyAccount', 'identifyUser')
                     AND e.details IS NOT NULL AND e.set_aside = 0 AND s.trusted = 0
                     AND {} = ?4
                 ORDER BY e.id",
                event_months::table(month),
                self.condition.sql
            ))?;
            let mut rows = statement.query(params![
                self.condition.id,
                self.condition.placed,
                self.after,
                is_concerned_wanted
            ])?;
            while let Some(row) = rows.next()? {
                let action = ActionKind::from_name(row.get_ref(1)?.as_str()?);
                let Some(subject) = action.and_then(Subject::of) else {
                    continue;
                };
                let id = match subject {
                    Subject::Account => row.get_ref(2)?.as_str()?,
                    Subject::User => row.get_ref(3)?.as_str()?,
                };
                let received_at = row.get(6)?;
                let by = Identified {
                    event: row.get(0)?,
                    at: identified_at(row.get(5)?, received_at),
                    received_at,
                    stream: row.get(7)?,
                    may_set_parent: row.get(8)?,
                };
                found(subject, id, row.get_ref(4)?.as_str()?, by)?;
            }
        }
        Ok(())
    }
}
