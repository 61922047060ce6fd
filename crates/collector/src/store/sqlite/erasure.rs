//! Erases streams, users and accounts for good: their events, their records and
//! their part of all figures.
//!
//! Events have no index by stream or user: it would slow every insertion down for
//! the sake of a rare erasure. So the events are [found](find_events) on a
//! reader's connection, and the writer only looks at those that arrived since.
//!
//! **Invariant:** the list of erasures is never shortened. It refuses events that
//! arrive late, and is applied to a backup that is restored.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, Transaction, params};

use super::{
    accounts,
    erasure_list::{self, Entry},
    event_ids, event_months, events, layers,
    recount::{self, LostFacts},
    rows::{AccountRow, EventRow, UserRow},
    users,
};
use crate::{
    model::{
        account::Account,
        erasure::{Erasure, ErasureKind, id_hash},
        user::User,
    },
    store::removal::Erased,
};

/// Events that an erasure concerns, among those that had arrived when they were
/// looked for.
#[derive(Debug, Clone, Default)]
pub struct FoundEvents {
    rows: Vec<EventRow>,
    /// The event that had arrived last.
    last: Option<EventRow>,
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
    let last = events::last(conn)?;
    Ok(FoundEvents {
        rows: find_after(conn, erasure, None)?,
        last,
    })
}

fn find_after(
    conn: &Connection,
    erasure: &Erasure,
    after: Option<EventRow>,
) -> rusqlite::Result<Vec<EventRow>> {
    let is_concerned = is_concerned(erasure.kind);
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
fn is_concerned(kind: ErasureKind) -> &'static str {
    match kind {
        ErasureKind::Stream => "stream_id = ?1",
        ErasureKind::User => "user_id = ?1",
        ErasureKind::Account => {
            "(account_id = ?1 OR user_id IN (
                 SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
                 WHERE a.account_id = ?1))"
        }
    }
}

/// The events that were found and are still concerned, and those that arrived
/// since: meanwhile retention may have deleted some, and a user may have been
/// moved.
fn find_now(
    conn: &Connection,
    erasure: &Erasure,
    found: &FoundEvents,
) -> rusqlite::Result<Vec<EventRow>> {
    let is_concerned = is_concerned(erasure.kind);
    let mut is_still_concerned = conn.prepare(&format!(
        "SELECT 1 FROM events WHERE id = ?2 AND {is_concerned}"
    ))?;
    let mut now = Vec::with_capacity(found.rows.len());
    for event in &found.rows {
        if is_still_concerned.exists(params![erasure.id, event])? {
            now.push(*event);
        }
    }
    now.extend(find_after(conn, erasure, found.last)?);
    Ok(now)
}

/// Erases what `found` was looked for, and puts it on the list. `None` when the
/// stream, user or account is unknown.
///
/// # Errors
/// Those of SQLite.
pub fn erase(
    tx: &Transaction<'_>,
    erasure: &Erasure,
    found: &FoundEvents,
    now: i64,
) -> rusqlite::Result<Option<Erased>> {
    // Overwrites what is deleted instead of leaving it in free pages.
    tx.pragma_update(None, "secure_delete", true)?;
    let erased = erase_known(tx, erasure, found);
    tx.pragma_update(None, "secure_delete", false)?;
    let erased = erased?;
    if erased.is_some() {
        erasure_list::insert(tx, erasure.kind.name(), &id_hash(&erasure.id), now)?;
    }
    Ok(erased)
}

fn erase_known(
    tx: &Transaction<'_>,
    erasure: &Erasure,
    found: &FoundEvents,
) -> rusqlite::Result<Option<Erased>> {
    let concerned = find_now(tx, erasure, found)?;
    let mut erased = Erased {
        events: concerned.len(),
        ..Erased::default()
    };
    match erasure.kind {
        ErasureKind::Stream => {
            let lost = LostFacts::read(tx, &concerned)?;
            delete_events(tx, &concerned)?;
            lost.remove(tx)?;
            layers::remove_stream::<Account>(tx, &erasure.id)?;
            layers::remove_stream::<User>(tx, &erasure.id)?;
            let is_numbered =
                tx.execute("DELETE FROM streams WHERE stream_id = ?1", [&erasure.id])? > 0;
            if !is_numbered && concerned.is_empty() {
                return Ok(None);
            }
        }
        ErasureKind::User => {
            let Some((user, _)) = users::find_with_account(tx, &erasure.id)? else {
                return Ok(None);
            };
            delete_events(tx, &concerned)?;
            delete_users(tx, &BTreeSet::from([user]))?;
            erased.users = 1;
        }
        ErasureKind::Account => {
            let Some(account) = accounts::find_row(tx, &erasure.id)? else {
                return Ok(None);
            };
            let members = tx
                .prepare("SELECT no FROM users WHERE account_no = ?1")?
                .query_map([account], |row| row.get(0))?
                .collect::<rusqlite::Result<BTreeSet<UserRow>>>()?;
            delete_events(tx, &concerned)?;
            delete_users(tx, &members)?;
            delete_account(tx, account)?;
            erased.users = members.len();
            erased.accounts = 1;
        }
    }
    Ok(Some(erased))
}

fn delete_events(tx: &Transaction<'_>, events: &[EventRow]) -> rusqlite::Result<()> {
    for event in events {
        let Some(month) = event_months::of_event(tx, *event)? else {
            continue;
        };
        let event_id: String = tx
            .prepare_cached(&format!(
                "DELETE FROM {} WHERE id = ?1 RETURNING event_id",
                event_months::table(month)
            ))?
            .query_row([event], |row| row.get(0))?;
        event_ids::remove(tx, &event_id, *event)?;
    }
    Ok(())
}

fn delete_users(tx: &Transaction<'_>, users: &BTreeSet<UserRow>) -> rusqlite::Result<()> {
    recount::remove_users(tx, users)?;
    for user in users {
        tx.execute("DELETE FROM sessions WHERE user_no = ?1", [user])?;
        tx.execute("DELETE FROM users WHERE no = ?1", [user])?;
    }
    Ok(())
}

/// Deletes an account. Its children move up to its parent, so that the figures
/// above keep them.
fn delete_account(tx: &Transaction<'_>, account: AccountRow) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE accounts SET parent_no = (SELECT parent_no FROM accounts WHERE no = ?1)
         WHERE parent_no = ?1",
        [account],
    )?;
    for table in ["usage_segments", "financials", "account_records"] {
        tx.execute(
            &format!("DELETE FROM {table} WHERE account_no = ?1"),
            [account],
        )?;
    }
    tx.execute(
        "DELETE FROM refusals WHERE account_id = (SELECT account_id FROM accounts WHERE no = ?1)",
        [account],
    )?;
    tx.execute("DELETE FROM accounts WHERE no = ?1", [account])?;
    Ok(())
}

/// Applies a list of erasures to an older copy of the database, and adds it to
/// the list of the copy. Returns what was erased.
///
/// # Errors
/// Those of SQLite.
pub fn apply(tx: &Transaction<'_>, list: &[Entry]) -> rusqlite::Result<Erased> {
    let own: HashMap<_, _> = erasure_list::entries(tx)?
        .into_iter()
        .map(|(kind, hash, at)| ((kind, hash), at))
        .collect();
    let mut sum = Erased::default();
    for kind in ErasureKind::ALL {
        // An erasure that the copy had seen is done there.
        let missing: HashMap<&[u8], i64> = list
            .iter()
            .filter(|(name, hash, at)| {
                let seen = own.get(&(name.clone(), hash.clone()));
                name == kind.name() && seen.is_none_or(|seen| seen < at)
            })
            .map(|(_, hash, at)| (hash.as_slice(), *at))
            .collect();
        if missing.is_empty() {
            continue;
        }
        for id in ids(tx, kind)? {
            if let Some(at) = missing.get(id_hash(&id).as_slice()) {
                let erasure = Erasure { kind, id };
                let found = find_events(tx, &erasure)?;
                if let Some(erased) = erase(tx, &erasure, &found, *at)? {
                    sum.events += erased.events;
                    sum.users += erased.users;
                    sum.accounts += erased.accounts;
                }
            }
        }
    }
    for (kind, hash, at) in list {
        erasure_list::insert(tx, kind, hash, *at)?;
    }
    Ok(sum)
}

/// The ids of everything of a kind.
fn ids(conn: &Connection, kind: ErasureKind) -> rusqlite::Result<Vec<String>> {
    let sql = match kind {
        ErasureKind::Stream => {
            "SELECT stream_id FROM streams
             UNION SELECT stream_id FROM events WHERE stream_id IS NOT NULL"
        }
        ErasureKind::User => "SELECT user_id FROM users",
        ErasureKind::Account => "SELECT account_id FROM accounts",
    };
    conn.prepare(sql)?
        .query_map([], |row| row.get(0))?
        .collect()
}
