//! Erases what was found, and adds it to the list of erasures.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Transaction;

use super::{
    condition::Members,
    identified_fields,
    membership::{self, MovedUser},
    search::{Concerned, FoundEvents, find_now},
    traces,
};
use crate::{
    model::{
        account::Account,
        erasure::{Erasure, ErasureKind, id_hash},
        stream_record::{Gone, StreamEvents},
        user::User,
    },
    store::{
        erasure_marks::{MEMBERS, event_hash, mark},
        identification::Subject,
        removal::Erased,
        sqlite::{
            accounts,
            counters::{self, ERASURES},
            erasure_list, event_ids, event_months, keys,
            recount::{self, LostFacts},
            rows::{AccountRow, EventRow, UserRow},
            segments::{self, Part},
            streams, usage_changes, users,
        },
        traces::Traces,
    },
};

/// Erases something, for which `found` was searched, and adds it to the list of erasures. `None`
/// when the stream, event, source, user or account is unknown.
///
/// # Errors
/// Fails when SQLite fails.
pub fn erase(
    tx: &Transaction<'_>,
    erasure: &Erasure,
    found: &FoundEvents,
    now: i64,
) -> rusqlite::Result<Option<Erased>> {
    erase_of(tx, erasure, Members::Erased, found, now)
}

pub(super) fn erase_of(
    tx: &Transaction<'_>,
    erasure: &Erasure,
    members: Members,
    found: &FoundEvents,
    now: i64,
) -> rusqlite::Result<Option<Erased>> {
    // Also overwrite pages that become free.
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
    let events = &concerned.events;
    let traces = traces::read(tx, events)?;
    let mut erased = Erased {
        events: events.len(),
        ..Erased::default()
    };
    let gone = match erasure.kind {
        ErasureKind::Stream => {
            let record = streams::find(tx, &erasure.id)?;
            if record.is_none() && events.is_empty() {
                return Ok(None);
            }
            take_back(tx, &concerned, &traces, now, &mut erased)?;
            identified_fields::remove_stream::<Account>(tx, &erasure.id, &concerned.remaining)?;
            identified_fields::remove_stream::<User>(tx, &erasure.id, &concerned.remaining)?;
            let left = traces.streams.get(&erasure.id).map_or(0, |left| left.count);
            let dropped = record.map_or(0, |record| record.events - left);
            erased.figures_kept = usize::try_from(dropped).unwrap_or(0);
            streams::remove(tx, &erasure.id)?;
            Gone::TakenBack
        }
        ErasureKind::Event => {
            if events.is_empty() {
                return Ok(None);
            }
            list_events(tx, events, i64::MIN, now)?;
            take_back(tx, &concerned, &traces, now, &mut erased)?;
            Gone::TakenBack
        }
        ErasureKind::Source => {
            if !is_source(tx, erasure)? {
                return Ok(None);
            }
            take_back(tx, &concerned, &traces, now, &mut erased)?;
            Gone::TakenBack
        }
        ErasureKind::User => {
            let Some((user, _)) = users::find_with_account(tx, &erasure.id)? else {
                return Ok(None);
            };
            list_events(tx, events, now, now)?;
            delete_events(tx, events)?;
            delete_users(tx, &BTreeSet::from([user]))?;
            erased.users = 1;
            Gone::Erased
        }
        ErasureKind::Account => {
            let Some(account) = accounts::find_row(tx, &erasure.id)? else {
                return Ok(None);
            };
            let id = &erasure.id;
            erased = erase_account(tx, account, id, members, &concerned, &traces, now)?;
            Gone::Erased
        }
    };
    let none = StreamEvents::default();
    for (stream, of_stream) in &traces.streams {
        let left = concerned.streams.left.get(stream).unwrap_or(&none);
        streams::remove_events(tx, stream, of_stream, left, gone)?;
    }
    if erasure.kind != ErasureKind::Event {
        erasure_list::insert(tx, erasure.kind.name(), &mark(erasure), now)?;
    }
    // Cached figures may contain parts of quarters of an hour, which are counted from events.
    usage_changes::record(tx, 0)?;
    counters::count(tx, ERASURES)?;
    Ok(Some(erased))
}

/// Deletes an account, its events and its members, except those who belong elsewhere without the
/// erased events: these move.
fn erase_account(
    tx: &Transaction<'_>,
    account: AccountRow,
    id: &str,
    members: Members,
    concerned: &Concerned,
    traces: &Traces,
    now: i64,
) -> rusqlite::Result<Erased> {
    let mut erased_members = members_of(tx, account)?;
    let moved_users = find_moved_users(tx, account, &erased_members, concerned)?;
    for user in &moved_users {
        erased_members.remove(&user.user_id);
    }
    match members {
        Members::Erased => list_members(tx, id, &erased_members, now)?,
        Members::Retained => erased_members.clear(),
    }
    list_events(tx, &concerned.events, now, now)?;
    delete_events(tx, &concerned.events)?;
    delete_users(tx, &erased_members.values().copied().collect())?;
    let moved_ids: BTreeSet<&String> = moved_users.iter().map(|user| &user.user_id).collect();
    let of_users = traces
        .identifications
        .iter()
        .filter(|found| found.subject == Subject::User && moved_ids.contains(&found.user_id));
    identified_fields::take_back(tx, of_users, &concerned.remaining)?;
    membership::move_users(tx, &moved_users)?;
    Ok(Erased {
        events: concerned.events.len(),
        users: erased_members.len(),
        users_moved: moved_users.len(),
        accounts: 1,
        keys_revoked: delete_account(tx, account, now)?,
        ..Erased::default()
    })
}

fn is_source(tx: &Transaction<'_>, erasure: &Erasure) -> rusqlite::Result<bool> {
    tx.prepare("SELECT 1 FROM sources WHERE id = ?1")?
        .exists([erasure.source_number()])
}

/// Deletes forged events with their figures, the details that they set, and the users and accounts
/// that nothing else has named. Users whom these events had placed move to the accounts that other
/// events name.
fn take_back(
    tx: &Transaction<'_>,
    concerned: &Concerned,
    traces: &Traces,
    now: i64,
    erased: &mut Erased,
) -> rusqlite::Result<()> {
    let events = &concerned.events;
    let placed_users = membership::read(tx, traces.users.iter(), &concerned.firsts)?;
    let lost = LostFacts::read(tx, events)?;
    delete_events(tx, events)?;
    lost.remove(tx)?;
    identified_fields::take_back(tx, traces.identifications.iter(), &concerned.remaining)?;
    let users = traces::invented_users(tx, traces)?;
    delete_users(tx, &users)?;
    erased.users = users.len();
    let moved_users = membership::find(tx, placed_users, None)?;
    membership::move_users(tx, &moved_users)?;
    erased.users_moved = moved_users.len();
    erased.values_kept = traces.described.len();
    for account in traces::invented_accounts(tx, traces)? {
        erased.keys_revoked += delete_account(tx, account, now)?;
        erased.accounts += 1;
    }
    Ok(())
}

/// The users of an account, by their ids.
fn members_of(
    tx: &Transaction<'_>,
    account: AccountRow,
) -> rusqlite::Result<BTreeMap<String, UserRow>> {
    tx.prepare("SELECT user_id, no FROM users WHERE account_no = ?1")?
        .query_map([account], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Finds the members of an erased account who are in it only because of events from public sources,
/// and whom other events name in another account.
fn find_moved_users(
    tx: &Transaction<'_>,
    account: AccountRow,
    members: &BTreeMap<String, UserRow>,
    concerned: &Concerned,
) -> rusqlite::Result<Vec<MovedUser>> {
    let firsts = &concerned.firsts;
    let is_trusted = |user: &String| firsts.get(user).is_some_and(|first| first.is_trusted);
    let public = members.keys().filter(|user| !is_trusted(user));
    let placed_users = membership::read(tx, public, firsts)?;
    membership::find(tx, placed_users, Some(account))
}

/// Adds the users of an account to the list: they are erased with it, whichever source their events
/// come from.
fn list_members(
    tx: &Transaction<'_>,
    account_id: &str,
    members: &BTreeMap<String, UserRow>,
    now: i64,
) -> rusqlite::Result<()> {
    for user_id in members.keys() {
        erasure_list::insert(tx, ErasureKind::User.name(), &id_hash(user_id), now)?;
    }
    erasure_list::insert(tx, MEMBERS, &id_hash(account_id), now)
}

/// Adds those of `events` to the list that were made after a time. Clients may be a day ahead of
/// the clock. If such an event were sent again, its time would not show that it was erased.
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

/// Deletes an account. Its children move up to its parent, so that the ancestors keep their
/// figures. If users still belong to the account, its row remains with nothing but the id. Viewer
/// keys that are limited to the account are revoked; returns their number.
fn delete_account(tx: &Transaction<'_>, account: AccountRow, now: i64) -> rusqlite::Result<usize> {
    let keys_revoked = keys::revoke_within(tx, account, now)?;
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
    Ok(keys_revoked)
}
