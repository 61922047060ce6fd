//! Erases what was found, and puts it on the list.

use std::collections::BTreeSet;

use rusqlite::Transaction;

use super::{
    remaining::Remaining,
    said,
    search::{FoundEvents, Members, find_now, remaining_now, streams_left_empty},
    traces,
};
use crate::{
    model::{
        account::Account,
        erasure::{Erasure, ErasureKind, id_hash},
        user::User,
    },
    store::{
        erasure_marks::{MEMBERS, event_hash, mark},
        removal::Erased,
        sqlite::{
            accounts,
            counters::{self, ERASURES},
            erasure_list, event_ids, event_months,
            recount::{self, LostFacts},
            rows::{AccountRow, EventRow, UserRow},
            segments::{self, Part},
            usage_changes, users,
        },
        traces::Traces,
    },
};

/// Erases what `found` was looked for, and puts it on the list. `None` when the
/// stream, event, source, user or account is unknown.
///
/// # Errors
/// Those of SQLite.
pub fn erase(
    tx: &Transaction<'_>,
    erasure: &Erasure,
    found: &FoundEvents,
    now: i64,
) -> rusqlite::Result<Option<Erased>> {
    erase_of(tx, erasure, Members::Taken, found, now)
}

pub(super) fn erase_of(
    tx: &Transaction<'_>,
    erasure: &Erasure,
    members: Members,
    found: &FoundEvents,
    now: i64,
) -> rusqlite::Result<Option<Erased>> {
    // Pages that are freed are overwritten, too.
    tx.pragma_update(None, "secure_delete", true)?;
    let erased = erase_known(tx, erasure, members, found, now);
    tx.pragma_update(None, "secure_delete", "FAST")?;
    erased
}

fn erase_known(
    tx: &Transaction<'_>,
    erasure: &Erasure,
    members: Members,
    found: &FoundEvents,
    now: i64,
) -> rusqlite::Result<Option<Erased>> {
    let concerned = find_now(tx, erasure, members, found)?;
    let traces = traces::read(tx, &concerned)?;
    let remaining = remaining_now(tx, erasure, &concerned, found)?;
    let mut erased = Erased {
        events: concerned.len(),
        ..Erased::default()
    };
    let mut streams = streams_left_empty(tx, erasure, members, found)?;
    match erasure.kind {
        ErasureKind::Stream => {
            let received = received_of(tx, &erasure.id)?;
            if received.is_none() && concerned.is_empty() {
                return Ok(None);
            }
            take_back(tx, &concerned, &traces, &remaining, &mut erased)?;
            said::remove_stream::<Account>(tx, &erasure.id, &remaining)?;
            said::remove_stream::<User>(tx, &erasure.id, &remaining)?;
            erased.figures_kept = received.unwrap_or(0).saturating_sub(concerned.len());
            streams = BTreeSet::from([erasure.id.clone()]);
        }
        ErasureKind::Event => {
            let [event] = concerned[..] else {
                return Ok(None);
            };
            list_events(tx, &[event], i64::MIN, now)?;
            take_back(tx, &concerned, &traces, &remaining, &mut erased)?;
        }
        ErasureKind::Source => {
            if !is_source(tx, erasure)? {
                return Ok(None);
            }
            take_back(tx, &concerned, &traces, &remaining, &mut erased)?;
        }
        ErasureKind::User => {
            let Some((user, _)) = users::find_with_account(tx, &erasure.id)? else {
                return Ok(None);
            };
            list_events(tx, &concerned, now, now)?;
            delete_events(tx, &concerned)?;
            delete_users(tx, &BTreeSet::from([user]))?;
            erased.users = 1;
        }
        ErasureKind::Account => {
            let Some(account) = accounts::find_row(tx, &erasure.id)? else {
                return Ok(None);
            };
            let who = match members {
                Members::Taken => list_members(tx, &erasure.id, account, now)?,
                Members::Kept => BTreeSet::new(),
            };
            list_events(tx, &concerned, now, now)?;
            delete_events(tx, &concerned)?;
            delete_users(tx, &who)?;
            delete_account(tx, account)?;
            erased.users = who.len();
            erased.accounts = 1;
        }
    }
    for stream in streams {
        tx.execute("DELETE FROM streams WHERE stream_id = ?1", [stream])?;
    }
    if erasure.kind != ErasureKind::Event {
        erasure_list::insert(tx, erasure.kind.name(), &mark(erasure), now)?;
    }
    // Parts of a quarter of an hour are counted from events, whatever facts there were.
    usage_changes::note(tx, 0)?;
    counters::count(tx, ERASURES)?;
    Ok(Some(erased))
}

/// Number of events of a stream that were received; `None` where it numbered none.
fn received_of(tx: &Transaction<'_>, stream: &str) -> rusqlite::Result<Option<usize>> {
    tx.query_row(
        "SELECT MAX(received) FROM streams WHERE stream_id = ?1",
        [stream],
        |row| row.get::<_, Option<i64>>(0),
    )
    .map(|received| received.and_then(|received| usize::try_from(received).ok()))
}

fn is_source(tx: &Transaction<'_>, erasure: &Erasure) -> rusqlite::Result<bool> {
    tx.prepare("SELECT 1 FROM sources WHERE id = ?1")?
        .exists([erasure.source_number()])
}

/// Deletes forged events with their figures, with what they said, and with the users and
/// accounts that nobody else has named.
fn take_back(
    tx: &Transaction<'_>,
    events: &[EventRow],
    traces: &Traces,
    remaining: &Remaining,
    erased: &mut Erased,
) -> rusqlite::Result<()> {
    let lost = LostFacts::read(tx, events)?;
    delete_events(tx, events)?;
    lost.remove(tx)?;
    traces::take_back_said(tx, traces, remaining)?;
    let users = traces::invented_users(tx, traces)?;
    delete_users(tx, &users)?;
    erased.users = users.len();
    for account in traces::invented_accounts(tx, traces)? {
        delete_account(tx, account)?;
        erased.accounts += 1;
    }
    Ok(())
}

/// Puts the users of an account on the list, and returns them: they are erased with it,
/// wherever their events come from.
fn list_members(
    tx: &Transaction<'_>,
    account_id: &str,
    account: AccountRow,
    now: i64,
) -> rusqlite::Result<BTreeSet<UserRow>> {
    let mut members = BTreeSet::new();
    let mut statement = tx.prepare("SELECT no, user_id FROM users WHERE account_no = ?1")?;
    let mut rows = statement.query([account])?;
    while let Some(row) = rows.next()? {
        members.insert(row.get(0)?);
        let hash = id_hash(row.get_ref(1)?.as_str()?);
        erasure_list::insert(tx, ErasureKind::User.name(), &hash, now)?;
    }
    erasure_list::insert(tx, MEMBERS, &id_hash(account_id), now)?;
    Ok(members)
}

/// Puts those of `events` on the list that were made after a time. An event may lie a day
/// ahead of the clock; were it sent again, its time would not tell that it was erased.
fn list_events(
    tx: &Transaction<'_>,
    events: &[EventRow],
    after: i64,
    now: i64,
) -> rusqlite::Result<()> {
    for event in events {
        let Some(month) = event_months::of_event(tx, *event)? else {
            continue;
        };
        let (event_id, created_at): (String, i64) = tx
            .prepare_cached(&format!(
                "SELECT event_id, created_at FROM {} WHERE id = ?1",
                event_months::table(month)
            ))?
            .query_row([event], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if created_at > after
            && let Some(key) = event_ids::key_of(tx, &event_id, *event)?
        {
            let hash = event_hash(&key);
            erasure_list::insert(tx, ErasureKind::Event.name(), &hash, now)?;
        }
    }
    Ok(())
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
/// above keep them. Where users still belong to it, its id alone stays, with them.
fn delete_account(tx: &Transaction<'_>, account: AccountRow) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE accounts SET parent_no = (SELECT parent_no FROM accounts WHERE no = ?1)
         WHERE parent_no = ?1",
        [account],
    )?;
    for is_set_aside in [false, true] {
        let part = Part {
            account,
            is_set_aside,
        };
        segments::remove(tx, part)?;
    }
    for table in ["financials", "account_records"] {
        tx.execute(
            &format!("DELETE FROM {table} WHERE account_no = ?1"),
            [account],
        )?;
    }
    tx.execute(
        "DELETE FROM refusals WHERE account_id = (SELECT account_id FROM accounts WHERE no = ?1)",
        [account],
    )?;
    tx.execute(
        "DELETE FROM accounts WHERE no = ?1
         AND NOT EXISTS (SELECT 1 FROM users WHERE account_no = ?1)",
        [account],
    )?;
    tx.execute(
        "UPDATE accounts SET name = NULL, parent_no = NULL, hierarchy_label = NULL,
             join_date = NULL, details = '{}', details_at = 0, is_deleted = 0, own = '{}',
             public = '{}' WHERE no = ?1",
        [account],
    )?;
    Ok(())
}
