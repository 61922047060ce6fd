//! Erases what was found, and adds it to the list of erasures.

use std::collections::{BTreeSet, HashSet};

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
    let concerned = complete(tx, erasure, &mut found).await?;
    let moved_users = membership::find(tx, erasure, &found.firsts, &found.others.dropped).await?;
    let mut deletion = Deletion {
        tx,
        erasure,
        found: &found,
        concerned: &concerned,
        moved_users: &moved_users,
        now,
        erased: Erased {
            events: concerned.events.len(),
            ..Erased::default()
        },
    };
    let Some(gone) = deletion.delete().await? else {
        return Ok(None);
    };
    let erased = deletion.erased;
    let others = &found.others;
    streams::remove_events(tx, &concerned.traces.streams, &others.left, gone).await?;
    if erasure.kind != ErasureKind::Event {
        erasure_list::insert(tx, erasure.kind.name(), &[mark(erasure)], now).await?;
    }
    forget_usage(tx, &concerned, others, &moved_users).await?;
    Ok(Some(erased))
}

/// Adds what was stored since the search to `found`. Returns the events to erase.
async fn complete(tx: &Tx<'_>, erasure: &Erasure, found: &mut Found) -> Result<Concerned> {
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
    let concerned = find_now(tx, erasure, found).await?;
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
    Ok(concerned)
}

/// Deletes what an erasure concerns. Each method returns what becomes of the streams, or `None`
/// when the thing to erase is unknown.
struct Deletion<'a> {
    tx: &'a Tx<'a>,
    erasure: &'a Erasure,
    found: &'a Found,
    concerned: &'a Concerned,
    moved_users: &'a [MovedUser],
    now: i64,
    erased: Erased,
}

impl Deletion<'_> {
    async fn delete(&mut self) -> Result<Option<Gone>> {
        match self.erasure.kind {
            ErasureKind::Stream => self.stream().await,
            ErasureKind::Event => self.event().await,
            ErasureKind::Source => self.source().await,
            ErasureKind::User => self.user().await,
            ErasureKind::Account => self.account().await,
        }
    }

    async fn stream(&mut self) -> Result<Option<Gone>> {
        let (tx, id) = (self.tx, &self.erasure.id);
        let sql = "SELECT events FROM streams WHERE stream_id = $1";
        let events = query_opt(tx, sql, &[id]).await?;
        if events.is_none() && self.concerned.events.is_empty() {
            return Ok(None);
        }
        self.take_back().await?;
        let remaining = &self.found.remaining;
        identified_fields::remove_stream::<Account>(tx, id, remaining).await?;
        identified_fields::remove_stream::<User>(tx, id, remaining).await?;
        let events = events.map_or(0, |row| row.get::<_, i64>(0));
        let stored = self.concerned.traces.streams.get(id);
        let dropped = events - stored.map_or(0, |stored| stored.count);
        self.erased.figures_kept = usize::try_from(dropped).unwrap_or(0);
        execute(tx, "DELETE FROM streams WHERE stream_id = $1", &[id]).await?;
        Ok(Some(Gone::TakenBack))
    }

    async fn event(&mut self) -> Result<Option<Gone>> {
        if self.concerned.events.is_empty() {
            return Ok(None);
        }
        list_events(self.tx, self.concerned, i64::MIN, self.now).await?;
        self.take_back().await?;
        Ok(Some(Gone::TakenBack))
    }

    async fn source(&mut self) -> Result<Option<Gone>> {
        let sql = "SELECT 1 FROM sources WHERE id = $1";
        let number = self.erasure.source_number();
        if query_opt(self.tx, sql, &[&number]).await?.is_none() {
            return Ok(None);
        }
        self.take_back().await?;
        Ok(Some(Gone::TakenBack))
    }

    async fn user(&mut self) -> Result<Option<Gone>> {
        let removal = self.removal().await?;
        let sql = "DELETE FROM users WHERE user_id = $1";
        if execute(self.tx, sql, &[&self.erasure.id]).await? == 0 {
            return Ok(None);
        }
        list_events(self.tx, self.concerned, self.now, self.now).await?;
        delete_events(self.tx, self.concerned, removal).await?;
        self.erased.users = 1;
        Ok(Some(Gone::Erased))
    }

    async fn account(&mut self) -> Result<Option<Gone>> {
        let (tx, id, now) = (self.tx, &self.erasure.id, self.now);
        let removal = self.removal().await?;
        let Some(account) = account_rows::find_no(tx, id).await? else {
            return Ok(None);
        };
        let members: Vec<Vec<u8>> = removal
            .users
            .iter()
            .map(|user| id_hash(user).to_vec())
            .collect();
        erasure_list::insert(tx, ErasureKind::User.name(), &members, now).await?;
        let own = id_hash(id).to_vec();
        erasure_list::insert(tx, MEMBERS, &[own], now).await?;
        list_events(tx, self.concerned, now, now).await?;
        let sql = "DELETE FROM users WHERE user_id = ANY($1)";
        self.erased.users = execute(tx, sql, &[&removal.users]).await? as usize;
        delete_events(tx, self.concerned, removal).await?;
        let moving = self.moving();
        let of_users = self
            .concerned
            .traces
            .identifications
            .iter()
            .filter(|found| found.subject == Subject::User && moving.contains(&*found.user_id));
        identified_fields::take_back(tx, of_users, &self.found.remaining).await?;
        membership::move_users(tx, self.moved_users).await?;
        self.erased.users_moved = self.moved_users.len();
        self.erased.keys_revoked = entities::delete_account(tx, account, now).await?;
        self.erased.accounts = 1;
        Ok(Some(Gone::Erased))
    }

    /// Deletes the events, and reverts what they said.
    async fn take_back(&mut self) -> Result<()> {
        delete_events(self.tx, self.concerned, Removal::default()).await?;
        entities::take_back(
            self.tx,
            self.found,
            &self.concerned.traces,
            self.moved_users,
            self.now,
            &mut self.erased,
        )
        .await
    }

    /// The users and accounts of which everything is removed.
    async fn removal(&self) -> Result<Removal> {
        removal_of(self.tx, self.erasure, &self.moving()).await
    }

    /// The users who leave the account instead of going with it.
    fn moving(&self) -> HashSet<&str> {
        let users = self.moved_users.iter();
        users.map(|user| &*user.user_id).collect()
    }
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
