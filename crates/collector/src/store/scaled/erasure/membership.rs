//! Decides to which accounts users belong after an erasure, if only events have placed them.
//!
//! A user belongs to the account that the user's first event names, and anybody can forge that
//! event. When it is erased, the first remaining event decides, as if the other had never arrived.
//! When an account is erased, its users' events that name another account remain.

use std::collections::{BTreeMap, HashMap};

use super::concerned::{Concerned, Dropped};
use crate::{
    model::{
        erasure::{Erasure, ErasureKind},
        quarter::QUARTER_MS,
    },
    store::scaled::{
        account_rows,
        ancestry::Ancestry,
        failure::Result,
        postgres::{Tx, execute, query},
        user_records,
    },
};

/// An SQL condition for a user whom neither the Account API nor an identification of a trusted
/// source has described, so that the user belongs to the account of the first event.
const IS_PLACED_BY_EVENTS: &str = "(u.details_at = 0 AND NOT u.is_deleted)";

/// An SQL condition: the event names the account with the id `$1`.
pub(super) const IS_OF_ACCOUNT: &str = "(e.account_id = $1::text)";

/// The first events of the users who may have to move, by user id.
pub(super) type Firsts = BTreeMap<String, FirstEvents>;

/// The first events of a user. Events are given by their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstEvents {
    first: Option<i64>,
    /// The account in which the first event placed the user, if that event is erased.
    place: Option<String>,
    /// Whether that event came from a trusted source.
    is_trusted: bool,
    /// The first event that the erasure does not concern.
    left: Option<i64>,
    /// The account that the event `left` names.
    named: Option<String>,
    /// The quarter of an hour and the account of the earliest set-aside event, among those that the
    /// inbox has dropped.
    dropped_aside: Option<(i64, String)>,
}

impl FirstEvents {
    /// Whether a trusted source has placed the user in the account that is erased, and other events
    /// of the user name another account.
    pub(super) fn is_trusted_with_others(&self) -> bool {
        self.is_trusted && self.left.is_some()
    }

    /// Whether the user leaves an erased account if anything of the user is under another.
    pub(super) fn may_leave(&self) -> bool {
        !self.is_trusted
    }
}

/// Finds the first events of users who may have to move: the members of an erased account, or the
/// users whom the events of another erasure name.
pub(super) async fn find_firsts(
    tx: &Tx<'_>,
    erasure: &Erasure,
    id: &str,
    is_concerned: &str,
    concerned: &Concerned,
) -> Result<Firsts> {
    let rows = match erasure.kind {
        // When a user is erased, all of the user's events go.
        ErasureKind::User => return Ok(Firsts::new()),
        ErasureKind::Account => {
            let sql = format!(
                "SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
                 WHERE a.account_id = $1 AND {IS_PLACED_BY_EVENTS}"
            );
            query(tx, &sql, &[&erasure.id]).await?
        }
        ErasureKind::Stream | ErasureKind::Event | ErasureKind::Source => {
            let users: Vec<&String> = concerned.traces.users.iter().collect();
            let sql = format!(
                "SELECT u.user_id FROM users u WHERE user_id = ANY($1) AND {IS_PLACED_BY_EVENTS}"
            );
            query(tx, &sql, &[&users]).await?
        }
    };
    let users = rows.iter().map(|row| row.get(0));
    let mut firsts: Firsts = users.map(|user| (user, FirstEvents::default())).collect();
    add_firsts(tx, erasure, id, is_concerned, 0, &mut firsts).await?;
    Ok(firsts)
}

/// Adds the events that arrived from a transaction on.
pub(super) async fn add_firsts(
    tx: &Tx<'_>,
    erasure: &Erasure,
    id: &str,
    is_concerned: &str,
    from_tx: i64,
    firsts: &mut Firsts,
) -> Result<()> {
    if firsts.is_empty() {
        return Ok(());
    }
    let is_concerned = match erasure.kind {
        ErasureKind::Account => IS_OF_ACCOUNT,
        ErasureKind::Stream | ErasureKind::Event | ErasureKind::User | ErasureKind::Source => {
            is_concerned
        }
    };
    let users: Vec<&String> = firsts.keys().collect();
    let sql = format!(
        "SELECT e.user_id, MIN(e.no), MIN(e.no) FILTER (WHERE {is_concerned} IS NOT TRUE)
         FROM events e WHERE e.tx >= $2 AND e.user_id = ANY($3::text[]) GROUP BY e.user_id"
    );
    for row in query(tx, &sql, &[&id, &from_tx, &users]).await? {
        if let Some(found) = firsts.get_mut(row.get::<_, &str>(0)) {
            let (first, left): (Option<i64>, Option<i64>) = (row.get(1), row.get(2));
            found.first = found.first.into_iter().chain(first).min();
            found.left = found.left.into_iter().chain(left).min();
        }
    }
    let events: Vec<i64> = (firsts.values())
        .flat_map(|found| found.first.into_iter().chain(found.left))
        .collect();
    let named = named(tx, &events).await?;
    let mut dropped_aside = dropped_aside(tx, erasure, firsts).await?;
    for (user_id, found) in firsts {
        let erased = found.first.filter(|first| found.left != Some(*first));
        let place = erased.and_then(|first| named.get(&first));
        let place = place.filter(|place| place.counts);
        found.place = place.map(|place| place.account_id.clone());
        found.is_trusted = place.is_some_and(|place| place.is_trusted);
        let left = found.left.and_then(|left| named.get(&left));
        found.named = left.map(|left| left.account_id.clone());
        found.dropped_aside = dropped_aside.remove(user_id);
    }
    Ok(())
}

/// What an event says about the account of its user.
#[derive(Debug)]
struct Named {
    account_id: String,
    counts: bool,
    /// Whether its source is trusted.
    is_trusted: bool,
}

/// The accounts that events name.
async fn named(tx: &Tx<'_>, events: &[i64]) -> Result<HashMap<i64, Named>> {
    let sql = "SELECT e.no, e.account_id, NOT e.set_aside OR EXISTS (
            SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key), s.trusted
        FROM events e JOIN sources s ON s.id = e.source_id WHERE e.no = ANY($1)";
    let rows = query(tx, sql, &[&events]).await?;
    let named = rows.iter().map(|row| {
        let named = Named {
            account_id: row.get(1),
            counts: row.get(2),
            is_trusted: row.get(3),
        };
        (row.get(0), named)
    });
    Ok(named.collect())
}

/// The quarter of an hour and the account of the earliest set-aside event of each user, among those
/// that the inbox has dropped.
async fn dropped_aside(
    tx: &Tx<'_>,
    erasure: &Erasure,
    firsts: &Firsts,
) -> Result<HashMap<String, (i64, String)>> {
    let erased = (erasure.kind == ErasureKind::Account).then_some(&erasure.id);
    let users: Vec<&String> = firsts.keys().collect();
    let sql = format!(
        "SELECT DISTINCT ON (e.user_id) e.user_id, e.created_at / {QUARTER_MS}, e.account_id
         FROM aside_events e
         WHERE e.user_id = ANY($1::text[]) AND e.account_id IS DISTINCT FROM $2
             AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key)
         ORDER BY e.user_id, e.created_at / {QUARTER_MS}, e.account_id"
    );
    let rows = query(tx, &sql, &[&users, &erased]).await?;
    let dropped = rows.iter();
    Ok(dropped
        .map(|row| (row.get(0), (row.get(1), row.get(2))))
        .collect())
}

/// A user who has to move.
#[derive(Debug)]
pub(super) struct MovedUser {
    pub(super) user_id: String,
    /// Id of the account to which the user moves.
    pub(super) account_id: String,
}

/// Finds the users who belong to another account after the erasure. `dropped` has the counted
/// events that retention has dropped.
pub(super) async fn find(
    tx: &Tx<'_>,
    erasure: &Erasure,
    firsts: &Firsts,
    dropped: &Dropped,
) -> Result<Vec<MovedUser>> {
    let users: Vec<&String> = firsts.keys().collect();
    let sql = format!(
        "SELECT u.user_id, a.account_id FROM users u JOIN accounts a ON a.no = u.account_no
         WHERE u.user_id = ANY($1::text[]) AND {IS_PLACED_BY_EVENTS} ORDER BY u.user_id"
    );
    let mut moved_users = Vec::new();
    for row in query(tx, &sql, &[&users]).await? {
        let (user_id, account_id): (String, String) = (row.get(0), row.get(1));
        let Some(first) = firsts.get(&user_id) else {
            continue;
        };
        let may_move = match erasure.kind {
            ErasureKind::Account => account_id == erasure.id && first.may_leave(),
            // A counted event that retention has dropped may have placed the user.
            ErasureKind::Stream | ErasureKind::Event | ErasureKind::User | ErasureKind::Source => {
                first.place.as_ref() == Some(&account_id)
                    && !dropped.contains(&user_id, &account_id)
            }
        };
        if !may_move {
            continue;
        }
        // If nothing else is stored, what retention has dropped names the account.
        let named = first.named.clone().or_else(|| {
            let aside = first.dropped_aside.iter().cloned();
            let counted = dropped.first(&user_id, &account_id);
            aside.chain(counted).min().map(|(_, account_id)| account_id)
        });
        if let Some(named) = named
            && named != account_id
        {
            moved_users.push(MovedUser {
                user_id,
                account_id: named,
            });
        }
    }
    Ok(moved_users)
}

/// Moves users to their new accounts, and releases the events that were set aside there.
pub(super) async fn move_users(tx: &Tx<'_>, moved_users: &[MovedUser]) -> Result<()> {
    let mut ancestry = Ancestry::default();
    for MovedUser {
        user_id,
        account_id,
    } in moved_users
    {
        let account = account_rows::get_or_insert(tx, account_id).await?;
        let sql = "UPDATE users SET account_no = $2 WHERE user_id = $1";
        execute(tx, sql, &[user_id, &account]).await?;
        user_records::release_events(tx, &mut ancestry, user_id, account_id, account).await?;
    }
    Ok(())
}
