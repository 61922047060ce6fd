//! Takes back what events said, and deletes users and accounts.

use super::{
    concerned::Others,
    homes::{self, Mover},
};
use crate::{
    model::{account::Account, layers::Described, user::User},
    store::{
        identification::Subject,
        removal::Erased,
        scaled::{
            account_rows,
            failure::Result,
            json,
            layers::{self, InTable},
            postgres::{Tx, execute, query, query_opt},
        },
        traces::{Said, Traces},
    },
};

/// Forgets what a stream said about accounts or users.
pub(super) async fn remove_stream<T: InTable + Described>(tx: &Tx<'_>, stream: &str) -> Result<()> {
    let table = T::TABLE;
    let sql = format!("SELECT no FROM {table} WHERE strpos(public, $1) > 0");
    let quoted = json::quoted(stream);
    for row in query(tx, &sql, &[&quoted]).await? {
        let no = row.get(0);
        let mut layers = layers::find::<T>(tx, no).await?;
        let leaves = layers.take_back(|public| public.remove_stream(stream));
        layers::write(&layers, tx, no).await?;
        if leaves {
            leave(tx, no).await?;
        }
    }
    Ok(())
}

/// Takes back what forged events said, and deletes the users and accounts that nobody else
/// has named. Users whom they have placed move.
pub(super) async fn take_back(
    tx: &Tx<'_>,
    traces: &Traces,
    others: &Others,
    movers: &[Mover],
    erased: &mut Erased,
) -> Result<()> {
    for said in &traces.said {
        take_back_said(tx, said).await?;
    }
    let users: Vec<&String> = traces
        .users
        .iter()
        .filter(|user| !others.users.contains(*user))
        .collect();
    let sql = "DELETE FROM users WHERE user_id = ANY($1) AND details_at = 0 AND NOT is_deleted";
    erased.users = execute(tx, sql, &[&users]).await? as usize;
    homes::move_users(tx, movers).await?;
    erased.users_moved = movers.len();
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

/// Takes back what one identification of a public source said.
pub(super) async fn take_back_said(tx: &Tx<'_>, said: &Said) -> Result<()> {
    let stream = said.stream.as_deref();
    match said.subject {
        Subject::Account => {
            if let Some(no) = account_rows::find_no(tx, &said.account_id).await? {
                let mut layers = layers::find::<Account>(tx, no).await?;
                let leaves =
                    layers.take_back(|public| public.remove_said(&said.details, said.at, stream));
                layers::write(&layers, tx, no).await?;
                if leaves {
                    leave(tx, no).await?;
                }
            }
        }
        Subject::User => {
            let sql = "SELECT no FROM users WHERE user_id = $1";
            if let Some(row) = query_opt(tx, sql, &[&said.user_id]).await? {
                let no = row.get(0);
                let mut layers = layers::find::<User>(tx, no).await?;
                layers.public.remove_said(&said.details, said.at, stream);
                layers::write(&layers, tx, no).await?;
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
