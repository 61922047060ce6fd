//! What a call that places many accounts has learned of the tree: whether an account lies above
//! another, and the rows that its records concern.

use std::collections::HashMap;

use super::{
    account_rows::Named,
    failure::{Failure, Result},
    layers,
    postgres::{Lock, Tx, query, query_one},
};
use crate::{
    model::{account::Account, hierarchy::AncestorPath, layers::Layers},
    store::ancestry::{self, AncestorWalk, Tree},
};

/// What the placements of one call share: the lock of the tree, and what they have learned of the
/// tree. It must not outlive the transaction.
#[derive(Debug, Default)]
pub(super) struct Ancestry {
    is_locked: bool,
    known: ancestry::Ancestry<i64>,
    /// Numbers of stored accounts. Nobody removes an account while the tree is locked.
    numbers: HashMap<String, i64>,
    /// Layers of locked rows that the call has not changed yet.
    layers: HashMap<i64, Layers<Account>>,
}

impl Ancestry {
    /// Takes the lock of the tree, unless an earlier placement of the call holds it. Two calls that
    /// look for cycles at the same time would not see each other's changes.
    pub(super) async fn lock(&mut self, tx: &Tx<'_>) -> Result<()> {
        if !self.is_locked {
            Lock::Tree.hold(tx).await?;
            self.is_locked = true;
        }
        Ok(())
    }

    /// Reads and locks the rows of records, and looks up the numbers of their parents, if the tree
    /// is locked. A statement for each record would take longer than all else that the call does.
    pub(super) async fn read_ahead(
        &mut self,
        tx: &Tx<'_>,
        records: &[&str],
        parents: &[&str],
    ) -> Result<()> {
        if !self.is_locked {
            return Ok(());
        }
        let sql = "SELECT account_id, no, own, public, details_at FROM accounts
            WHERE account_id = ANY($1::text[]) ORDER BY no FOR UPDATE";
        for row in query(tx, sql, &[&records]).await? {
            let layers = Layers::read(row.get(2), row.get(3), row.get(4));
            self.numbers.insert(row.get(0), row.get(1));
            self.layers.insert(row.get(1), layers);
        }
        let sql = "SELECT account_id, no FROM accounts WHERE account_id = ANY($1::text[])";
        for row in query(tx, sql, &[&parents]).await? {
            self.numbers.insert(row.get(0), row.get(1));
        }
        Ok(())
    }

    /// Looks up the number of an account.
    pub(super) async fn find<'a>(&self, tx: &Tx<'_>, id: &'a str) -> Result<Named<'a>> {
        match self.numbers.get(id) {
            Some(no) => Ok(Named { id, no: Some(*no) }),
            None => Named::find(tx, id).await,
        }
    }

    /// Reads the layers of an account, which the caller is about to change, and locks its row.
    pub(super) async fn take_layers(&mut self, tx: &Tx<'_>, no: i64) -> Result<Layers<Account>> {
        match self.layers.remove(&no) {
            Some(layers) => Ok(layers),
            None => layers::find(tx, no).await,
        }
    }

    /// Whether the tree is in memory, where [`Ancestry::ancestor_path`] needs no statement.
    pub(super) fn has_tree(&mut self) -> bool {
        self.known.tree().is_some()
    }

    /// The path from `lower` up to the account directly below `upper`; `None` when `upper` is not
    /// above `lower`. The call must hold the lock.
    pub(super) async fn ancestor_path(
        &mut self,
        tx: &Tx<'_>,
        upper: i64,
        lower: i64,
    ) -> Result<Option<AncestorPath<i64>>> {
        let most = self.known.steps_left();
        if most > 0 {
            let accounts = walk(tx, upper, lower, most).await?;
            match self.known.record_walk(upper, accounts) {
                AncestorWalk::Reached(way) => return Ok(Some(way)),
                AncestorWalk::NotAbove => return Ok(None),
                AncestorWalk::Truncated => {}
            }
        }
        let tree = match self.known.tree() {
            Some(tree) => tree,
            None => self.known.keep(read_tree(tx).await?),
        };
        Ok(tree.ancestor_path(upper, lower))
    }

    /// Records that the parent of an account changed or was removed.
    pub(super) fn moved(&mut self, account: i64, parent: Option<i64>) {
        self.known.moved(account, parent);
    }
}

/// The accounts from `lower` upwards, to the root or to `upper`, but at most `most`.
async fn walk(tx: &Tx<'_>, upper: i64, lower: i64, most: usize) -> Result<Vec<i64>> {
    let sql = "WITH RECURSIVE above (no, parent_no, step) AS (
            SELECT no, parent_no, 1::bigint FROM accounts WHERE no = $1
            UNION ALL
            SELECT a.no, a.parent_no, above.step + 1
            FROM above JOIN accounts a ON a.no = above.parent_no
            WHERE above.no <> $2 AND above.step < $3
        )
        SELECT coalesce(array_agg(no ORDER BY step), '{}') FROM above";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    Ok(query_one(tx, sql, &[&lower, &upper, &most]).await?.get(0))
}

async fn read_tree(tx: &Tx<'_>) -> Result<Tree<i64>> {
    // Two arrays are a fraction of the size of as many rows.
    let sql = "SELECT coalesce(array_agg(no), '{}'), coalesce(array_agg(parent_no), '{}')
        FROM accounts WHERE parent_no IS NOT NULL";
    let row = query_one(tx, sql, &[]).await?;
    let (accounts, parents): (Vec<i64>, Vec<i64>) = (row.get(0), row.get(1));
    let mut tree = Tree::default();
    for (account, parent) in accounts.into_iter().zip(parents) {
        tree.place(account, Some(parent));
    }
    Ok(tree)
}

/// Replaces account numbers by ids.
pub(super) async fn ids(tx: &Tx<'_>, path: AncestorPath<i64>) -> Result<AncestorPath<String>> {
    let numbers: Vec<i64> = path.named().copied().collect();
    let sql = "SELECT no, account_id FROM accounts WHERE no = ANY($1::bigint[])";
    let rows = query(tx, sql, &[&numbers]).await?;
    let mut ids: HashMap<i64, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    path.try_map(|no| {
        let gone = || Failure::Damaged(format!("no account has the number {no}"));
        ids.remove(&no).ok_or_else(gone)
    })
}
