//! Reverts what forged events created, and deletes users and accounts.

use super::{
    identified_fields,
    membership::{self, MovedUser},
    search::Found,
};
use crate::store::{
    removal::Erased,
    scaled::{
        failure::Result,
        keys,
        postgres::{Tx, execute, query},
    },
    traces::Traces,
};

/// Reverts what forged events said, and deletes the users and accounts that nothing else has named.
/// Users whom these events had placed are moved.
pub(super) async fn take_back(
    tx: &Tx<'_>,
    found: &Found,
    traces: &Traces,
    moved_users: &[MovedUser],
    now: i64,
    erased: &mut Erased,
) -> Result<()> {
    let (others, remaining) = (&found.others, &found.remaining);
    identified_fields::take_back(tx, traces.identifications.iter(), remaining).await?;
    let users: Vec<&String> = traces
        .users
        .iter()
        .filter(|user| !others.users.contains(*user))
        .collect();
    let sql = "DELETE FROM users WHERE user_id = ANY($1) AND details_at = 0 AND NOT is_deleted";
    erased.users = execute(tx, sql, &[&users]).await? as usize;
    membership::move_users(tx, moved_users).await?;
    erased.users_moved = moved_users.len();
    erased.values_kept = traces.described.len();
    let accounts: Vec<&String> = traces
        .accounts
        .iter()
        .filter(|account| !others.accounts.contains(*account))
        .collect();
    let sql = "SELECT no FROM accounts a
        WHERE account_id = ANY($1) AND details_at = 0 AND NOT is_deleted
            AND NOT EXISTS (SELECT 1 FROM users WHERE account_no = a.no)
            AND NOT EXISTS (SELECT 1 FROM accounts c WHERE c.parent_no = a.no)
            AND NOT EXISTS (SELECT 1 FROM financials WHERE account_no = a.no)
            AND NOT EXISTS (SELECT 1 FROM account_records WHERE account_no = a.no)";
    for row in query(tx, sql, &[&accounts]).await? {
        erased.keys_revoked += delete_account(tx, row.get(0), now).await?;
        erased.accounts += 1;
    }
    Ok(())
}

/// Deletes an account. Its children move up to its parent, so that the ancestors keep their
/// figures. If users still belong to the account, its row remains with nothing but the id. Viewer
/// keys that are limited to the account are revoked; returns their number.
pub(super) async fn delete_account(tx: &Tx<'_>, no: i64, now: i64) -> Result<usize> {
    let keys_revoked = keys::revoke_within(tx, no, now).await?;
    for sql in [
        "UPDATE accounts SET parent_no = (SELECT parent_no FROM accounts WHERE no = $1)
         WHERE parent_no = $1",
        "DELETE FROM financials WHERE account_no = $1",
        "DELETE FROM account_records WHERE account_no = $1",
        "DELETE FROM refusals WHERE account_id = (SELECT account_id FROM accounts WHERE no = $1)",
        "DELETE FROM accounts WHERE no = $1
         AND NOT EXISTS (SELECT 1 FROM users WHERE account_no = $1)",
        "UPDATE accounts SET name = NULL, parent_no = NULL, hierarchy_label = NULL,
             join_date = NULL, details = '{}', details_at = 0, is_deleted = false, own = '{}',
             public = '{}', has_usage = false WHERE no = $1",
    ] {
        execute(tx, sql, &[&no]).await?;
    }
    Ok(keys_revoked)
}
