//! Applies records of the Account API to users, and releases the events that were set aside for a
//! user who is moved.

use super::{
    account_rows,
    ancestry::Ancestry,
    failure::Result,
    identify, layers,
    postgres::{Lock, Tx, execute, query, query_one, query_opt},
};
use crate::{
    model::{
        layers::Layers,
        record::RecordError,
        user::{User, UserPatch},
    },
    store::accounts::RecordOutcome,
};

/// Inserts, modifies or moves a user. Nothing is written when the record is rejected. The caller
/// holds the membership lock.
pub(super) async fn put(
    tx: &Tx<'_>,
    patch: UserPatch,
    now: i64,
) -> Result<std::result::Result<(), RecordError>> {
    put_one_of(tx, &mut Ancestry::default(), patch, now).await
}

/// Like [`put`], for one of many records of a call. They share `ancestry`, because released
/// identifications may place accounts.
pub(super) async fn put_one_of(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    patch: UserPatch,
    now: i64,
) -> Result<std::result::Result<(), RecordError>> {
    let sql = "SELECT u.no, a.account_id FROM users u JOIN accounts a ON a.no = u.account_no
               WHERE u.user_id = $1";
    let stored: Option<(i64, String)> = query_opt(tx, sql, &[&patch.user_id])
        .await?
        .map(|row| (row.get(0), row.get(1)));
    let belongs_to = stored.as_ref().map(|(_, account_id)| account_id.as_str());
    let account_id = match patch.account(belongs_to) {
        Ok(account_id) => account_id,
        Err(rejected) => return Ok(Err(rejected)),
    };
    let is_moved = belongs_to.is_some_and(|belongs_to| belongs_to != account_id);
    let user_id = patch.user_id.clone();
    let is_deleted = patch.is_deleted;
    let mut layers: Layers<User> = match &stored {
        Some((no, _)) => layers::find(tx, *no).await?,
        None => Layers::default(),
    };
    if let Err(rejected) = layers.put(patch, now) {
        return Ok(Err(rejected));
    }
    let account = account_rows::get_or_insert(tx, &account_id).await?;
    let no: i64 = match stored {
        Some((no, _)) => no,
        None => {
            let sql = "INSERT INTO users (user_id, account_no) VALUES ($1, $2) RETURNING no";
            query_one(tx, sql, &[&user_id, &account]).await?.get(0)
        }
    };
    layers::write(&layers, tx, no).await?;
    let sql = "UPDATE users SET account_no = $2, is_deleted = coalesce($3, is_deleted)
               WHERE no = $1";
    execute(tx, sql, &[&no, &account, &is_deleted]).await?;
    if is_moved {
        release_events(tx, ancestry, &user_id, &account_id, account).await?;
    }
    Ok(Ok(()))
}

/// Inserts or modifies users. Each has its index in the call. A rejected record does not keep the
/// others from being stored.
pub(super) async fn put_many(
    tx: &Tx<'_>,
    patches: Vec<(usize, UserPatch)>,
    now: i64,
) -> Result<Vec<RecordOutcome>> {
    let mut ancestry = Ancestry::default();
    let mut outcomes = Vec::with_capacity(patches.len());
    for (index, patch) in patches {
        let id = patch.user_id.clone();
        outcomes.push((index, id, put_one_of(tx, &mut ancestry, patch, now).await?));
    }
    Ok(outcomes)
}

/// Takes the lock under which users are inserted and moved. It must be taken before anything is
/// written: then the number of this transaction is higher than those of all transactions whose
/// events it releases.
pub(super) async fn lock(tx: &Tx<'_>) -> Result<()> {
    Lock::Membership.hold(tx).await
}

/// Releases the events that were set aside because the user did not belong to the account. Events
/// that were counted in another account stay there, because that is where they happened.
pub(super) async fn release_events(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    user_id: &str,
    account_id: &str,
    account: i64,
) -> Result<()> {
    let sql = "INSERT INTO releases (day, key)
        SELECT day, key FROM releasable WHERE user_id = $1 AND account_id = $2
        ON CONFLICT DO NOTHING RETURNING day, key";
    let released = query(tx, sql, &[&user_id, &account_id]).await?;
    if released.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE accounts SET has_usage = true WHERE no = $1";
    execute(tx, sql, &[&account]).await?;
    let days: Vec<i32> = released.iter().map(|row| row.get(0)).collect();
    let keys: Vec<Vec<u8>> = released.iter().map(|row| row.get(1)).collect();
    identify::apply_released(tx, ancestry, &days, &keys).await
}
