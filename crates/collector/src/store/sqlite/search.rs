//! The search for accounts and users.

use rusqlite::Connection;

use super::{account_tree, user_search, visible::VisibleAccounts};
use crate::store::search::Found;

/// Finds accounts and users with a text in their name or id.
pub(super) fn find(
    conn: &Connection,
    text: &str,
    within: VisibleAccounts,
    limit: usize,
) -> rusqlite::Result<Found> {
    let root = match within {
        VisibleAccounts::Nothing => return Ok(Found::default()),
        VisibleAccounts::All | VisibleAccounts::Subtree(_) => within.root()?,
    };
    let (accounts, more_accounts) = account_tree::search(conn, text, root, limit)?;
    let (users, more_users) = user_search::search(conn, text, root, limit)?;
    let accounts = accounts
        .into_iter()
        .map(|(row, _)| {
            let path = within.cut(account_tree::path(conn, row)?);
            Ok(path.into_iter().map(|(_, entry)| entry).collect())
        })
        .collect::<rusqlite::Result<_>>()?;
    Ok(Found {
        accounts,
        users,
        beyond: more_accounts + more_users,
    })
}
