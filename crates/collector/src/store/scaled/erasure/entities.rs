//! Takes back what events said, and deletes users and accounts.

use serde_json::Map;

use super::{
    concerned::Others,
    remaining::{Remaining, named_by_stream},
};
use crate::{
    model::{
        account::Account, public_fields::PublicFields, remaining_fields::RemainingFields,
        trust::Trust, user::User,
    },
    store::{
        identification::Subject,
        removal::Erased,
        scaled::{
            account_rows, accounts,
            ancestry::Ancestry,
            failure::Result,
            layers::{self, InTable},
            postgres::{Tx, execute, query, query_opt},
        },
        traces::{Said, Traces},
    },
};

/// Takes back what a stream said about accounts or users.
pub(super) async fn remove_stream<T: InTable>(
    tx: &Tx<'_>,
    stream: &str,
    remaining: &Remaining,
) -> Result<()> {
    for (no, id) in named_by_stream::<T>(tx, stream).await? {
        let remove = |public: &mut PublicFields| public.remove_stream(stream);
        take_back_from::<T>(tx, no, &id, remaining, remove).await?;
    }
    Ok(())
}

/// Takes something back that public sources said. What remains takes its place.
async fn take_back_from<T: InTable>(
    tx: &Tx<'_>,
    no: i64,
    id: &str,
    remaining: &Remaining,
    remove: impl FnOnce(&mut PublicFields) -> Vec<String>,
) -> Result<()> {
    let mut layers = layers::find::<T>(tx, no).await?;
    let remaining = remaining.of(T::SUBJECT, id);
    let leaves = layers.take_back(remove, remaining);
    layers::write(&layers, tx, no).await?;
    if !leaves {
        return Ok(());
    }
    leave(tx, no).await?;
    let Some(parent) = remaining.and_then(RemainingFields::parent) else {
        return Ok(());
    };
    let details = Map::from_iter([("parent_account_id".to_owned(), parent.value.clone())]);
    let trust = Trust::Public {
        may_set_parent: true,
    };
    let (by, ancestry) = (&parent.by, &mut Ancestry::default());
    accounts::identify(
        tx,
        ancestry,
        id,
        details,
        by.at,
        by.stream.as_deref(),
        trust,
    )
    .await
}

/// Takes back what forged events said, and deletes the users and accounts that nobody else
/// has named.
pub(super) async fn take_back(
    tx: &Tx<'_>,
    traces: &Traces,
    others: &Others,
    remaining: &Remaining,
    erased: &mut Erased,
) -> Result<()> {
    for said in &traces.said {
        take_back_said(tx, said, remaining).await?;
    }
    let users: Vec<&String> = traces
        .users
        .iter()
        .filter(|user| !others.users.contains(*user))
        .collect();
    let sql = "DELETE FROM users WHERE user_id = ANY($1) AND details_at = 0 AND NOT is_deleted";
    erased.users = execute(tx, sql, &[&users]).await? as usize;
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
        delete_account(tx, row.get(0)).await?;
        erased.accounts += 1;
    }
    Ok(())
}

async fn take_back_said(tx: &Tx<'_>, said: &Said, remaining: &Remaining) -> Result<()> {
    let stream = said.stream.as_deref();
    let remove = |public: &mut PublicFields| public.remove_said(&said.details, said.at, stream);
    match said.subject {
        Subject::Account => {
            let id = &said.account_id;
            if let Some(no) = account_rows::find_no(tx, id).await? {
                take_back_from::<Account>(tx, no, id, remaining, remove).await?;
            }
        }
        Subject::User => {
            let id = &said.user_id;
            let sql = "SELECT no FROM users WHERE user_id = $1";
            if let Some(row) = query_opt(tx, sql, &[id]).await? {
                take_back_from::<User>(tx, row.get(0), id, remaining, remove).await?;
            }
        }
    }
    Ok(())
}

/// Takes an account from below the parent that a public source has set.
async fn leave(tx: &Tx<'_>, no: i64) -> Result<()> {
    let sql = "UPDATE accounts SET parent_no = NULL WHERE no = $1";
    execute(tx, sql, &[&no]).await?;
    Ok(())
}

/// Deletes an account. Its children move up to its parent, so that the figures above keep
/// them. Where users still belong to it, its id alone stays, with them.
pub(super) async fn delete_account(tx: &Tx<'_>, no: i64) -> Result<()> {
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
    Ok(())
}
