//! The visible accounts, by row.

use rusqlite::Connection;

use super::{account_rows, account_tree::TreeRow, hierarchy, rows::AccountRow};
use crate::model::visibility::Visibility;

/// The accounts that the caller may see, as of the snapshot in which they were looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VisibleAccounts {
    /// All accounts.
    All,
    /// An account and its subtree.
    Subtree(AccountRow),
    /// None: the account to which the caller is limited no longer exists.
    Nothing,
}

impl VisibleAccounts {
    /// Looks up the visible accounts.
    pub(super) fn find(conn: &Connection, visibility: &Visibility) -> rusqlite::Result<Self> {
        let Some(id) = visibility.root() else {
            return Ok(VisibleAccounts::All);
        };
        let root = account_rows::find_row(conn, id)?;
        Ok(root.map_or(VisibleAccounts::Nothing, VisibleAccounts::Subtree))
    }

    /// Whether an account is visible.
    pub(super) fn see(self, conn: &Connection, account: AccountRow) -> rusqlite::Result<bool> {
        match self {
            VisibleAccounts::All => Ok(true),
            VisibleAccounts::Subtree(root) => hierarchy::is_within(conn, account, root),
            VisibleAccounts::Nothing => Ok(false),
        }
    }

    /// Drops the part of a path that lies above the visible accounts.
    pub(super) fn cut(self, mut path: Vec<TreeRow>) -> Vec<TreeRow> {
        if let VisibleAccounts::Subtree(root) = self
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
            VisibleAccounts::All => Ok(None),
            VisibleAccounts::Subtree(root) => Ok(Some(root)),
            VisibleAccounts::Nothing => Err(rusqlite::Error::QueryReturnedNoRows),
        }
    }
}
