//! The visible accounts, by row.

use rusqlite::Connection;

use super::{account_rows, account_tree::Located, hierarchy, rows::AccountRow};
use crate::model::visibility::Visibility;

/// The accounts that the caller may see, as of the snapshot in which they were looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// All accounts.
    All,
    /// An account and its subtree.
    Subtree(AccountRow),
    /// None: the account to which the caller is limited no longer exists.
    Nothing,
}

impl Within {
    /// Looks up the visible accounts.
    pub(super) fn find(conn: &Connection, visibility: &Visibility) -> rusqlite::Result<Self> {
        let Some(id) = visibility.root() else {
            return Ok(Within::All);
        };
        let root = account_rows::find_row(conn, id)?;
        Ok(root.map_or(Within::Nothing, Within::Subtree))
    }

    /// Whether an account is visible.
    pub(super) fn see(self, conn: &Connection, account: AccountRow) -> rusqlite::Result<bool> {
        match self {
            Within::All => Ok(true),
            Within::Subtree(root) => hierarchy::is_within(conn, account, root),
            Within::Nothing => Ok(false),
        }
    }

    /// Drops the part of a path that lies above the visible accounts.
    pub(super) fn cut(self, mut path: Vec<Located>) -> Vec<Located> {
        if let Within::Subtree(root) = self
            && let Some(first) = path.iter().position(|(row, _)| *row == root)
        {
            path.drain(..first);
        }
        path
    }

    /// The root of the visible subtree; `None` when all accounts are visible.
    ///
    /// # Errors
    /// Fails when the root no longer exists, because there is nothing to show.
    pub(super) fn root(self) -> rusqlite::Result<Option<AccountRow>> {
        match self {
            Within::All => Ok(None),
            Within::Subtree(root) => Ok(Some(root)),
            Within::Nothing => Err(rusqlite::Error::QueryReturnedNoRows),
        }
    }
}
