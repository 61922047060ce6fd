//! The account tree. Each account stores only its parent.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Row;

use super::{
    account_rows::Named,
    ancestry::{self, Ancestry},
    failure::Result,
    postgres::{Tx, execute, query, query_one},
};
use crate::model::{
    hierarchy::{self, Cycle, Placement},
    visibility::Visibility,
};

/// Finds the cycle that a new parent of an account would create. The call must hold the lock of the
/// tree.
pub(super) async fn find_cycle(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    account: Named<'_>,
    parent: Named<'_>,
) -> Result<Option<Cycle>> {
    if account.id == parent.id {
        return Ok(Some(Cycle::of_itself(account.id)));
    }
    let (Some(no), Some(parent)) = (account.no, parent.no) else {
        return Ok(None);
    };
    // An account without children is nobody's ancestor, and an unchanged parent creates no cycle.
    // This avoids the walk to the root for most records of a large import, and for all records of
    // an import that is repeated.
    let sql = "SELECT EXISTS (SELECT 1 FROM accounts WHERE parent_no = $1)
        AND NOT EXISTS (SELECT 1 FROM accounts WHERE no = $1 AND parent_no = $2)";
    if !ancestry.has_tree() && !query_one(tx, sql, &[&no, &parent]).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let Some(above) = ancestry.ancestor_path(tx, no, parent).await? else {
        return Ok(None);
    };
    let above = ancestry::ids(tx, above).await?;
    Ok(Some(Cycle::along(account.id, above)))
}

/// The order in which the records of a call place accounts, parents first. It takes the lock of the
/// tree if a record sets a parent.
pub(super) async fn parents_first(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    records: &[Placement<'_>],
) -> Result<Vec<usize>> {
    let requested: Vec<&str> = hierarchy::requested_parents(records).into_iter().collect();
    if requested.is_empty() {
        return Ok(hierarchy::parents_first(records, &HashMap::new()));
    }
    ancestry.lock(tx).await?;
    // Each account is visited once, however many lie below it.
    let sql = "WITH RECURSIVE above (no) AS (
            SELECT no FROM accounts WHERE account_id = ANY($1::text[])
            UNION
            SELECT a.parent_no FROM above JOIN accounts a ON a.no = above.no
            WHERE a.parent_no IS NOT NULL
        )
        SELECT a.account_id, p.account_id FROM above
            JOIN accounts a ON a.no = above.no JOIN accounts p ON p.no = a.parent_no";
    let rows = query(tx, sql, &[&requested]).await?;
    let stored = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    Ok(hierarchy::parents_first(records, &stored))
}

/// Sets or removes the parent of an account.
pub(super) async fn set_parent(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    no: i64,
    parent: Option<i64>,
) -> Result<()> {
    ancestry.moved(no, parent);
    let sql = "UPDATE accounts SET parent_no = $2 WHERE no = $1";
    execute(tx, sql, &[&no, &parent]).await?;
    Ok(())
}

/// An account of a subtree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// Its number.
    pub(super) no: i64,
    /// Its id.
    pub(super) account_id: String,
    /// Whether it has no active child.
    pub(super) is_leaf: bool,
}

/// An account, alone or with its subtree.
pub(super) async fn subtree(tx: &Tx<'_>, no: i64, with_subtree: bool) -> Result<Vec<Node>> {
    let sql = "WITH RECURSIVE below (no) AS (
            SELECT $1::bigint
            UNION ALL
            SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no WHERE $2
        )
        SELECT a.no, a.account_id, NOT EXISTS (
            SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND NOT c.is_deleted)
        FROM below JOIN accounts a ON a.no = below.no";
    let rows = query(tx, sql, &[&no, &with_subtree]).await?;
    Ok(rows.iter().map(node).collect())
}

/// All accounts.
pub(super) async fn everywhere(tx: &Tx<'_>) -> Result<Vec<Node>> {
    let sql = "SELECT a.no, a.account_id, NOT EXISTS (
            SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND NOT c.is_deleted)
        FROM accounts a";
    Ok(query(tx, sql, &[]).await?.iter().map(node).collect())
}

fn node(row: &Row) -> Node {
    Node {
        no: row.get(0),
        account_id: row.get(1),
        is_leaf: row.get(2),
    }
}

/// An account; with `with_subtree` also its descendants, without deactivated accounts and what is
/// below them.
pub(super) async fn active_below(tx: &Tx<'_>, no: i64, with_subtree: bool) -> Result<HashSet<i64>> {
    let sql = "WITH RECURSIVE below (no) AS (
            SELECT $1::bigint
            UNION ALL
            SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
            WHERE $2 AND NOT a.is_deleted
        )
        SELECT no FROM below";
    let rows = query(tx, sql, &[&no, &with_subtree]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Whether an account is visible.
pub(super) async fn may_see(tx: &Tx<'_>, within: &Visibility, no: i64) -> Result<bool> {
    let Some(root) = within.root() else {
        return Ok(true);
    };
    let sql = "WITH RECURSIVE above (no, account_id, parent_no) AS (
            SELECT no, account_id, parent_no FROM accounts WHERE no = $1
            UNION ALL
            SELECT a.no, a.account_id, a.parent_no
            FROM above JOIN accounts a ON a.no = above.parent_no WHERE above.account_id <> $2
        )
        SELECT EXISTS (SELECT 1 FROM above WHERE account_id = $2)";
    Ok(query_one(tx, sql, &[&no, &root]).await?.get(0))
}
