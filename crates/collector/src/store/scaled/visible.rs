//! The visible accounts, by number.

use super::{
    account_rows,
    account_tree::TreeRow,
    failure::{Failure, Result},
    hierarchy::{self, Node},
    postgres::{Tx, query_one},
};
use crate::model::visibility::Visibility;

/// The accounts that the caller may see, as of the snapshot in which they were looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VisibleAccounts {
    /// All accounts.
    All,
    /// An account and its subtree.
    Subtree(i64),
    /// None: the account to which the caller is limited no longer exists.
    Nothing,
}

impl VisibleAccounts {
    /// Looks up the visible accounts.
    pub(super) async fn find(tx: &Tx<'_>, visibility: &Visibility) -> Result<Self> {
        let Some(id) = visibility.root() else {
            return Ok(VisibleAccounts::All);
        };
        let root = account_rows::find_no(tx, id).await?;
        Ok(root.map_or(VisibleAccounts::Nothing, VisibleAccounts::Subtree))
    }

    /// Whether an account is visible.
    pub(super) async fn see(self, tx: &Tx<'_>, account: i64) -> Result<bool> {
        match self {
            VisibleAccounts::All => Ok(true),
            VisibleAccounts::Subtree(root) => is_within(tx, account, root).await,
            VisibleAccounts::Nothing => Ok(false),
        }
    }

    /// Drops the part of a path that lies above the visible accounts.
    pub(super) fn cut(self, mut path: Vec<TreeRow>) -> Vec<TreeRow> {
        if let VisibleAccounts::Subtree(root) = self
            && let Some(first) = path.iter().position(|(no, _)| *no == root)
        {
            path.drain(..first);
        }
        path
    }

    /// The visible accounts.
    pub(super) async fn nodes(self, tx: &Tx<'_>) -> Result<Vec<Node>> {
        match self {
            VisibleAccounts::All => hierarchy::everywhere(tx).await,
            VisibleAccounts::Subtree(root) => hierarchy::subtree(tx, root, true).await,
            VisibleAccounts::Nothing => Ok(Vec::new()),
        }
    }

    /// The root of the visible subtree; `None` when all accounts are visible. It fails when the
    /// root no longer exists, because there is nothing to show.
    pub(super) fn root(self) -> Result<Option<i64>> {
        match self {
            VisibleAccounts::All => Ok(None),
            VisibleAccounts::Subtree(root) => Ok(Some(root)),
            VisibleAccounts::Nothing => Err(Failure::Gone),
        }
    }
}

/// Whether an account is `root` or lies below it.
async fn is_within(tx: &Tx<'_>, account: i64, root: i64) -> Result<bool> {
    let sql = "WITH RECURSIVE above (no) AS (
            SELECT $1::bigint
            UNION ALL
            SELECT a.parent_no FROM above JOIN accounts a ON a.no = above.no
            WHERE a.parent_no IS NOT NULL AND above.no <> $2
        )
        SELECT EXISTS (SELECT 1 FROM above WHERE no = $2)";
    Ok(query_one(tx, sql, &[&account, &root]).await?.get(0))
}
