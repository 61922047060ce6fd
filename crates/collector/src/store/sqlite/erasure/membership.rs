//! Decides to which accounts users belong after an erasure, if only events have placed them.
//!
//! A user belongs to the account that the user's first event names, and anybody can forge that
//! event. When it is erased, the first remaining event decides, as if the other had never arrived.
//! When an account is erased, its users' events that name another account remain.
//!
//! **Invariant:** a user whom only events have placed has events or figures under another account
//! only if they are set aside, or if the user belonged to that account before. So all other users
//! need no search for their first events.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::condition::{Condition, IS_PLACED_BY_EVENTS};
use crate::{
    model::{
        calendar::Month,
        erasure::{Erasure, ErasureKind},
    },
    store::sqlite::{
        account_rows, accounts,
        ancestry::Ancestry,
        event_months, former_accounts, json,
        recount::{self, PartOfUser},
        retention,
        rows::{AccountRow, EventRow, UserRow},
        user_records,
    },
};

/// The first events of a user, in the order of arrival.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstEvents {
    first: EventRow,
    /// Whether `first` came from a trusted source and placed the user in an account that is erased.
    pub(super) is_trusted: bool,
    /// The first event that the erasure does not concern.
    left: Option<EventRow>,
}

/// The users who may have to move: only events have placed them, and they may have events or figures
/// under another account. With an account, these are members of it; with another erasure, users whom its events
/// name.
pub(super) fn named_users(
    conn: &Connection,
    erasure: &Erasure,
    condition: &Condition,
) -> rusqlite::Result<BTreeSet<String>> {
    let mut users: BTreeSet<String> = BTreeSet::new();
    if erasure.kind == ErasureKind::Account {
        let mut members = conn.prepare(&format!(
            "SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
             WHERE a.account_id = ?1 AND {IS_PLACED_BY_EVENTS}"
        ))?;
        let mut rows = members.query([&erasure.id])?;
        while let Some(row) = rows.next()? {
            users.insert(row.get(0)?);
        }
    } else {
        for month in event_months::all(conn)? {
            let mut of_month = conn.prepare(&format!(
                "SELECT DISTINCT e.user_id FROM {} e WHERE e.id > ?3 AND {}",
                event_months::table(month),
                condition.sql
            ))?;
            let mut rows = of_month.query(params![condition.id, condition.placed, 0])?;
            while let Some(row) = rows.next()? {
                users.insert(row.get(0)?);
            }
        }
    }
    let mut named = BTreeSet::new();
    let mut others: BTreeMap<UserRow, String> = BTreeMap::new();
    let mut placed = conn.prepare(&format!(
        "SELECT u.no FROM users u WHERE u.user_id = ?1 AND {IS_PLACED_BY_EVENTS}"
    ))?;
    let months = event_months::all(conn)?;
    for user in users {
        let Some(row) = placed.query_row([&user], |row| row.get(0)).optional()? else {
            continue;
        };
        if former_accounts::has_other(conn, row)? || has_aside(conn, &months, &user)? {
            named.insert(user);
        } else {
            others.insert(row, user);
        }
    }
    if retention::events_from(conn)? > 0 {
        // The figures still show set-aside events that retention has dropped.
        let rows = others.keys().copied().collect();
        for (row, parts) in recount::parts_of_users(conn, &rows)? {
            if parts.iter().any(|part| part.part.is_set_aside) {
                named.extend(others.remove(&row));
            }
        }
    }
    Ok(named)
}

/// Whether set-aside events of a user are stored.
fn has_aside(conn: &Connection, months: &[Month], user_id: &str) -> rusqlite::Result<bool> {
    for month in months {
        let mut aside = conn.prepare_cached(&format!(
            "SELECT 1 FROM {} WHERE user_id = ?1 AND set_aside = 1",
            event_months::table(*month)
        ))?;
        if aside.exists([user_id])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Adds the first events of users among the events that arrived after one.
pub(super) fn add_firsts(
    conn: &Connection,
    condition: &Condition,
    users: &BTreeSet<String>,
    after: Option<EventRow>,
    firsts: &mut BTreeMap<String, FirstEvents>,
) -> rusqlite::Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    let after = after.map_or(0, EventRow::number);
    let is_concerned = &condition.sql;
    for month in event_months::all(conn)? {
        let table = event_months::table(month);
        let mut of_month = conn.prepare(&format!(
            "SELECT e.user_id, MIN(e.id), MIN(CASE WHEN {is_concerned} THEN NULL ELSE e.id END)
             FROM {table} e WHERE e.id > ?3 AND e.user_id IN (SELECT value FROM json_each(?4))
             GROUP BY e.user_id"
        ))?;
        let mut rows = of_month.query(params![
            condition.id,
            condition.placed,
            after,
            json::write(users)
        ])?;
        while let Some(row) = rows.next()? {
            let (first, left) = (row.get(1)?, row.get::<_, Option<EventRow>>(2)?);
            let found = firsts.entry(row.get(0)?).or_insert(FirstEvents {
                first,
                is_trusted: false,
                left,
            });
            found.first = found.first.min(first);
            found.left = found.left.into_iter().chain(left).min();
        }
    }
    for found in firsts.values_mut() {
        found.is_trusted = conn
            .prepare_cached(
                "SELECT 1 FROM events e JOIN sources s ON s.id = e.source_id
                 WHERE e.id = ?1 AND s.trusted AND NOT e.set_aside",
            )?
            .exists([found.first])?
            && found.left != Some(found.first);
    }
    Ok(())
}

/// A user whom only events have placed.
#[derive(Debug)]
pub(super) struct PlacedUser {
    user_id: String,
    row: UserRow,
    account: AccountRow,
    /// What the first events say, for a user with events under another account.
    placing_events: Option<PlacingEvents>,
}

#[derive(Debug)]
struct PlacingEvents {
    /// Whether the event that placed the user is erased.
    is_place_erased: bool,
    /// The account that the first remaining event names.
    account_id: Option<String>,
}

/// Reads what must be known of users before events are deleted. `users` has their ids. Users who
/// were placed by anything but events are left out.
pub(super) fn read<'a>(
    conn: &Connection,
    users: impl Iterator<Item = &'a String>,
    firsts: &BTreeMap<String, FirstEvents>,
) -> rusqlite::Result<Vec<PlacedUser>> {
    let mut placed_users = Vec::new();
    for user_id in users {
        let found = conn
            .prepare_cached(&format!(
                "SELECT u.no, u.account_no, a.account_id FROM users u
                     JOIN accounts a ON a.no = u.account_no
                 WHERE u.user_id = ?1 AND {IS_PLACED_BY_EVENTS}"
            ))?
            .query_row([user_id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?))
            })
            .optional()?;
        let Some((row, account, account_id)) = found else {
            continue;
        };
        let placing_events = match firsts.get(user_id) {
            Some(first) => Some(PlacingEvents {
                is_place_erased: first.left != Some(first.first)
                    && named(conn, first.first, false)?.as_ref() == Some(&account_id),
                account_id: match first.left {
                    Some(left) => named(conn, left, true)?,
                    None => None,
                },
            }),
            None => None,
        };
        placed_users.push(PlacedUser {
            user_id: user_id.clone(),
            row,
            account,
            placing_events,
        });
    }
    Ok(placed_users)
}

/// The account that an event names. With `may_be_aside`, the event may be set aside.
fn named(
    conn: &Connection,
    event: EventRow,
    may_be_aside: bool,
) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT account_id FROM events WHERE id = ?1 AND set_aside <= ?2")?
        .query_row(params![event, may_be_aside], |row| row.get(0))
        .optional()
}

/// A user who has to move.
#[derive(Debug)]
pub(super) struct MovedUser {
    pub(super) user_id: String,
    row: UserRow,
    /// Id of the account to which the user moves.
    account_id: String,
}

/// Finds the users who belong to another account after the erasure of an account, or, without one,
/// after events were deleted.
pub(super) fn find(
    conn: &Connection,
    placed_users: Vec<PlacedUser>,
    erased_account: Option<AccountRow>,
) -> rusqlite::Result<Vec<MovedUser>> {
    let users = placed_users.iter().map(|user| user.row).collect();
    let figures = recount::parts_of_users(conn, &users)?;
    let events_from = retention::events_from(conn)?;
    let mut moved_users = Vec::new();
    for user in placed_users {
        let parts = figures.get(&user.row).map_or(&[][..], Vec::as_slice);
        let is_of_account = |part: &&PartOfUser| part.part.account == user.account;
        let first_counted = parts
            .iter()
            .filter(is_of_account)
            .filter(|part| !part.part.is_set_aside)
            .map(|part| part.first_quarter)
            .min();
        let named = user
            .placing_events
            .as_ref()
            .and_then(|placing_events| placing_events.account_id.clone());
        let may_move = match (&user.placing_events, erased_account) {
            (_, Some(_)) => true,
            // A counted event that retention has dropped may have placed the user.
            (Some(placing_events), None) if named.is_some() => {
                placing_events.is_place_erased
                    && first_counted.is_none_or(|first| first >= events_from)
            }
            (_, None) => first_counted.is_none(),
        };
        if !may_move {
            continue;
        }
        let account_id = match named {
            Some(account_id) => Some(account_id),
            // The events that name another account were dropped by retention.
            None => first_place(conn, parts.iter().filter(|part| !is_of_account(part)))?,
        };
        if let Some(account_id) = account_id
            && account_rows::find_row(conn, &account_id)? != Some(user.account)
        {
            moved_users.push(MovedUser {
                user_id: user.user_id,
                row: user.row,
                account_id,
            });
        }
    }
    Ok(moved_users)
}

/// The account in which the earliest of a user's figures lie, whether they count or not.
fn first_place<'a>(
    conn: &Connection,
    parts: impl Iterator<Item = &'a PartOfUser>,
) -> rusqlite::Result<Option<String>> {
    let mut first: Option<(u32, String)> = None;
    for part in parts {
        let found = (
            part.first_quarter,
            account_rows::id(conn, part.part.account)?,
        );
        first = first.into_iter().chain([found]).min();
    }
    Ok(first.map(|(_, account_id)| account_id))
}

/// Moves users to their new accounts, and releases what was set aside for them there.
pub(super) fn move_users(tx: &Transaction<'_>, moved_users: &[MovedUser]) -> rusqlite::Result<()> {
    let mut ancestry = Ancestry::default();
    for user in moved_users {
        let account = accounts::get_or_insert(tx, &user.account_id)?;
        tx.execute(
            "UPDATE users SET account_no = ?2 WHERE no = ?1",
            params![user.row, account],
        )?;
        let (user_id, account_id) = (&user.user_id, &user.account_id);
        user_records::release(tx, &mut ancestry, user_id, user.row, account_id, account)?;
    }
    Ok(())
}
