//! What somebody may see, in terms of rows.

use rusqlite::Connection;

use super::{account_rows, account_tree::Located, hierarchy, rows::AccountRow};
use crate::model::visibility::Visibility;

/// The accounts that somebody may see, in the snapshot in which they were looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// All accounts.
    All,
    /// An account and what is below it.
    Subtree(AccountRow),
    /// None: the only account that might be seen is gone.
    Nothing,
}

impl Within {
    /// Looks the accounts up.
    pub(super) fn find(conn: &Connection, visibility: &Visibility) -> rusqlite::Result<Self> {
        let Some(id) = visibility.root() else {
            return Ok(Within::All);
        };
        let root = account_rows::find_row(conn, id)?;
        Ok(root.map_or(Within::Nothing, Within::Subtree))
    }

    /// Whether an account may be seen.
    pub(super) fn see(self, conn: &Connection, account: AccountRow) -> rusqlite::Result<bool> {
        match self {
            Within::All => Ok(true),
            Within::Subtree(root) => hierarchy::is_within(conn, account, root),
            Within::Nothing => Ok(false),
        }
    }

    /// The end of a path: what is above the accounts that may be seen is not shown.
    pub(super) fn cut(self, mut path: Vec<Located>) -> Vec<Located> {
        if let Within::Subtree(root) = self
            && let Some(first) = path.iter().position(|(row, _)| *row == root)
        {
            path.drain(..first);
        }
        path
    }

    /// The only account that may be seen with what is below it; `None` for all accounts.
    ///
    /// # Errors
    /// When it is gone: there is nothing that could be shown.
    pub(super) fn root(self) -> rusqlite::Result<Option<AccountRow>> {
        match self {
            Within::All => Ok(None),
            Within::Subtree(root) => Ok(Some(root)),
            Within::Nothing => Err(rusqlite::Error::QueryReturnedNoRows),
        }
    }
}
