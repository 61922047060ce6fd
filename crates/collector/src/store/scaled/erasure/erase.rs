//! Erases what was found, and adds it to the list of erasures.

use std::collections::BTreeSet;

use super::{
    concerned::{Concerned, Others},
    entities, identified_fields,
    membership::{self, MovedUser},
    remaining,
    remains::removal_of,
    search::{Found, find_now, is_concerned},
};
use crate::{
    model::{
        account::Account,
        erasure::{Erasure, ErasureKind, id_hash},
        stream_record::Gone,
        user::User,
    },
    store::{
        erasure_marks::{MEMBERS, event_hash, mark},
        identification::Subject,
        removal::Erased,
        scaled::{
            account_rows, erasure_list,
            failure::Result,
            postgres::{Lock, Tx, execute, query_opt},
            removals::{self, Removal},
            streams,
        },
    },
};

/// Erases something, for which `found` was searched, and adds it to the list of erasures. `None`
/// when the stream, event, source, user or account is unknown.
pub(super) async fn erase(
    tx: &Tx<'_>,
    erasure: &Erasure,
    mut found: Found,
    now: i64,
) -> Result<Option<Erased>> {
    // Meanwhile no event is stored, no user moves and no account gets a parent.
    Lock::Membership.hold(tx).await?;
    Lock::Tree.hold(tx).await?;
    let horizon = found.horizon;
    membership::add_firsts(
        tx,
        erasure,
        &found.id,
        &is_concerned(erasure, &found.firsts),
        horizon,
        &mut found.firsts,
    )
    .await?;
    let concerned = find_now(tx, erasure, &found).await?;
    let condition = is_concerned(erasure, &found.firsts);
    let others = &mut found.others;
    others
        .read(tx, &condition, &found.id, &concerned, horizon)
        .await?;
    // The search did not look for users and accounts that only newer events name, so others may
    // have named them before.
    let known = &found.concerned.traces;
    let new = &concerned.traces;
    others
        .users
        .extend(new.users.difference(&known.users).cloned());
    others
        .accounts
        .extend(new.accounts.difference(&known.accounts).cloned());
    let remaining = &mut found.remaining;
    let events = (condition.as_str(), found.id.as_str());
    remaining::extend(tx, erasure, events, &concerned, horizon, remaining).await?;
    remaining::retain_stored(tx, remaining).await?;
    let (others, remaining) = (&found.others, &found.remaining);
    let moved_users = membership::find(tx, erasure, &found.firsts, &others.dropped).await?;
    let moving = moved_users.iter().map(|user| &*user.user_id).collect();
    let removal = removal_of(tx, erasure, &moving).await?;
    let mut erased = Erased {
        events: concerned.events.len(),
        ..Erased::default()
    };
    let traces = &concerned.traces;
    let gone = match erasure.kind {
        ErasureKind::Stream => {
            let sql = "SELECT events FROM streams WHERE stream_id = $1";
            let events = query_opt(tx, sql, &[&erasure.id]).await?;
            if events.is_none() && concerned.events.is_empty() {
                return Ok(None);
            }
            delete_events(tx, &concerned, Removal::default()).await?;
            entities::take_back(tx, &found, traces, &moved_users, now, &mut erased).await?;
            identified_fields::remove_stream::<Account>(tx, &erasure.id, remaining).await?;
            identified_fields::remove_stream::<User>(tx, &erasure.id, remaining).await?;
            let events = events.map_or(0, |row| row.get::<_, i64>(0));
            let stored = traces.streams.get(&erasure.id);
            let dropped = events - stored.map_or(0, |stored| stored.count);
            erased.figures_kept = usize::try_from(dropped).unwrap_or(0);
            execute(
                tx,
                "DELETE FROM streams WHERE stream_id = $1",
                &[&erasure.id],
            )
            .await?;
            Gone::TakenBack
        }
        ErasureKind::Event => {
            if concerned.events.is_empty() {
                return Ok(None);
            }
            list_events(tx, &concerned, i64::MIN, now).await?;
            delete_events(tx, &concerned, Removal::default()).await?;
            entities::take_back(tx, &found, traces, &moved_users, now, &mut erased).await?;
            Gone::TakenBack
        }
        ErasureKind::Source => {
            let sql = "SELECT 1 FROM sources WHERE id = $1";
            let number = erasure.source_number();
            if query_opt(tx, sql, &[&number]).await?.is_none() {
                return Ok(None);
            }
            delete_events(tx, &concerned, Removal::default()).await?;
            entities::take_back(tx, &found, traces, &moved_users, now, &mut erased).await?;
            Gone::TakenBack
        }
        ErasureKind::User => {
            let sql = "DELETE FROM users WHERE user_id = $1";
            if execute(tx, sql, &[&erasure.id]).await? == 0 {
                return Ok(None);
            }
            list_events(tx, &concerned, now, now).await?;
            delete_events(tx, &concerned, removal).await?;
            erased.users = 1;
            Gone::Erased
        }
        ErasureKind::Account => {
            let Some(account) = account_rows::find_no(tx, &erasure.id).await? else {
                return Ok(None);
            };
            let members: Vec<Vec<u8>> = removal
                .users
                .iter()
                .map(|user| id_hash(user).to_vec())
                .collect();
            erasure_list::insert(tx, ErasureKind::User.name(), &members, now).await?;
            let own = id_hash(&erasure.id).to_vec();
            erasure_list::insert(tx, MEMBERS, &[own], now).await?;
            list_events(tx, &concerned, now, now).await?;
            let sql = "DELETE FROM users WHERE user_id = ANY($1)";
            erased.users = execute(tx, sql, &[&removal.users]).await? as usize;
            delete_events(tx, &concerned, removal).await?;
            let moving: BTreeSet<&String> = moved_users.iter().map(|user| &user.user_id).collect();
            let of_users = traces
                .identifications
                .iter()
                .filter(|found| found.subject == Subject::User && moving.contains(&found.user_id));
            identified_fields::take_back(tx, of_users, remaining).await?;
            membership::move_users(tx, &moved_users).await?;
            erased.users_moved = moved_users.len();
            erased.keys_revoked = entities::delete_account(tx, account, now).await?;
            erased.accounts = 1;
            Gone::Erased
        }
    };
    streams::remove_events(tx, &traces.streams, &others.left, gone).await?;
    if erasure.kind != ErasureKind::Event {
        erasure_list::insert(tx, erasure.kind.name(), &[mark(erasure)], now).await?;
    }
    forget_usage(tx, &concerned, others, &moved_users).await?;
    Ok(Some(erased))
}

/// Adds the events that were made after a time to the list. Clients may be a day ahead of the
/// clock. If such an event were sent again, its time would not show that it was erased.
async fn list_events(tx: &Tx<'_>, concerned: &Concerned, after: i64, now: i64) -> Result<()> {
    let marks: Vec<Vec<u8>> = concerned
        .events
        .iter()
        .filter(|(_, created_at)| **created_at > after)
        .map(|((_, key), _)| event_hash(key).to_vec())
        .collect();
    erasure_list::insert(tx, ErasureKind::Event.name(), &marks, now).await
}

/// Deletes events from the inbox, and records that ClickHouse has to remove them. `whole` has the
/// users and accounts of which ClickHouse has to remove everything.
async fn delete_events(tx: &Tx<'_>, concerned: &Concerned, whole: Removal) -> Result<()> {
    let (days, keys) = concerned.keys();
    for table in ["events", "releases"] {
        let sql = format!(
            "DELETE FROM {table} t USING unnest($1::integer[], $2::bytea[]) AS n (day, key)
             WHERE t.day = n.day AND t.key = n.key"
        );
        execute(tx, &sql, &[&days, &keys]).await?;
    }
    let sql = "WITH gone AS (
            DELETE FROM aside_events WHERE user_id = ANY($1) OR account_id = ANY($2)
            RETURNING day, key
        ) DELETE FROM releases r USING gone g WHERE r.day = g.day AND r.key = g.key";
    execute(tx, sql, &[&whole.users, &whole.accounts]).await?;
    let is_whole = !whole.users.is_empty() || !whole.accounts.is_empty();
    let removal = Removal {
        // The id of a user or an account covers all of its events.
        keys: if is_whole { Vec::new() } else { keys.concat() },
        ..whole
    };
    removals::insert(tx, &removal).await
}

/// Clears `has_usage` of accounts that no longer have counted events of their own. Accounts to
/// which users have moved do have some.
async fn forget_usage(
    tx: &Tx<'_>,
    concerned: &Concerned,
    others: &Others,
    moved_users: &[MovedUser],
) -> Result<()> {
    let target_accounts: BTreeSet<&String> =
        moved_users.iter().map(|user| &user.account_id).collect();
    let lost: Vec<&String> = concerned
        .accounts
        .iter()
        .filter(|account| !others.counted.contains(*account) && !target_accounts.contains(account))
        .collect();
    let sql = "UPDATE accounts SET has_usage = false WHERE account_id = ANY($1)";
    execute(tx, sql, &[&lost]).await?;
    Ok(())
}
