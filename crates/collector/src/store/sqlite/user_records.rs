//! Applies records of the Account API to users, and releases the events that were set aside for a
//! user who is moved.

use rusqlite::{Transaction, params};

use super::{
    accounts,
    ancestry::Ancestry,
    event_months, identify, layers,
    rows::{AccountRow, EventRow, UserRow},
    segments, users,
};
use crate::{
    model::{
        layers::Layers,
        record::RecordError,
        user::{User, UserPatch},
    },
    store::accounts::RecordOutcome,
};

/// Inserts or modifies a user. Nothing is written when the record is rejected.
///
/// # Errors
/// Fails when SQLite fails; the inner error says why the record is rejected.
pub fn put(
    tx: &Transaction<'_>,
    patch: UserPatch,
    now: i64,
) -> rusqlite::Result<Result<(), RecordError>> {
    put_one_of(tx, &mut Ancestry::default(), patch, now)
}

/// Like [`put`], for one of many records of a call. They share what was learned of the tree,
/// because released identifications may place accounts.
pub(super) fn put_one_of(
    tx: &Transaction<'_>,
    ancestry: &mut Ancestry,
    patch: UserPatch,
    now: i64,
) -> rusqlite::Result<Result<(), RecordError>> {
    let stored = users::find(tx, &patch.user_id)?;
    let belongs_to = stored.as_ref().map(|user| user.account_id.as_str());
    let account_id = match patch.account(belongs_to) {
        Ok(account_id) => account_id,
        Err(rejected) => return Ok(Err(rejected)),
    };
    let is_moved = stored
        .as_ref()
        .is_some_and(|user| user.account_id != account_id);
    let user_id = patch.user_id.clone();
    let is_deleted = patch.is_deleted;
    let known = users::find_with_account(tx, &user_id)?.map(|(row, _)| row);
    let mut layers: Layers<User> = match known {
        Some(row) => layers::find(tx, row)?,
        None => Layers::default(),
    };
    if let Err(rejected) = layers.put(patch, now) {
        return Ok(Err(rejected));
    }
    let account = accounts::get_or_insert(tx, &account_id)?;
    let row = match known {
        Some(row) => row,
        None => users::insert(tx, &user_id, account)?,
    };
    layers::write(&layers, tx, row)?;
    tx.prepare_cached(
        "UPDATE users SET account_no = ?2, is_deleted = IFNULL(?3, is_deleted) WHERE no = ?1",
    )?
    .execute(params![row, account, is_deleted])?;
    if is_moved {
        release(tx, ancestry, &user_id, row, &account_id, account)?;
    }
    Ok(Ok(()))
}

/// Inserts or modifies users. Each has its index in the call. A rejected record does not keep the
/// others from being stored.
///
/// # Errors
/// Fails when SQLite fails.
pub fn put_many(
    tx: &Transaction<'_>,
    patches: Vec<(usize, UserPatch)>,
    now: i64,
) -> rusqlite::Result<Vec<RecordOutcome>> {
    let mut ancestry = Ancestry::default();
    patches
        .into_iter()
        .map(|(index, patch)| {
            let id = patch.user_id.clone();
            Ok((index, id, put_one_of(tx, &mut ancestry, patch, now)?))
        })
        .collect()
}

/// Releases everything that was set aside for a user who has moved to an account.
pub(super) fn release(
    tx: &Transaction<'_>,
    ancestry: &mut Ancestry,
    user_id: &str,
    row: UserRow,
    account_id: &str,
    account: AccountRow,
) -> rusqlite::Result<()> {
    release_events(tx, ancestry, user_id, account_id)?;
    segments::release(tx, account, row)
}

/// Releases the events that were set aside because the user did not belong to the account. Events
/// that were counted in another account stay there, because that is where they happened.
fn release_events(
    tx: &Transaction<'_>,
    ancestry: &mut Ancestry,
    user_id: &str,
    account_id: &str,
) -> rusqlite::Result<()> {
    for month in event_months::all(tx)? {
        let released = tx
            .prepare_cached(&format!(
                "UPDATE {} SET set_aside = 0
                 WHERE user_id = ?1 AND account_id = ?2 AND set_aside = 1
                 RETURNING id",
                event_months::table(month)
            ))?
            .query_map([user_id, account_id], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<EventRow>>>()?;
        identify::apply_released(tx, ancestry, month, &released)?;
    }
    Ok(())
}
