//! The account tree. Each account stores only its parent, so moving a subtree is one update however
//! large it is.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, Transaction, params};

use super::{
    account_rows,
    ancestry::{self, Ancestry},
    rows::AccountRow,
};
use crate::model::hierarchy::{self, Cycle, Placement};

/// Finds the cycle that would arise if `parent_id` became the parent of an account. `row` is the
/// row of the account, if it is already stored.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn find_cycle(
    conn: &Connection,
    ancestry: &mut Ancestry,
    account_id: &str,
    row: Option<AccountRow>,
    parent_id: &str,
) -> rusqlite::Result<Option<Cycle>> {
    if account_id == parent_id {
        return Ok(Some(Cycle::of_itself(account_id)));
    }
    let Some(account) = row else {
        return Ok(None);
    };
    // An unchanged parent creates no cycle. This avoids the walk to the root for every record of an
    // import that is repeated.
    let is_parent: bool = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM accounts a JOIN accounts p ON p.no = a.parent_no
                 WHERE a.no = ?1 AND p.account_id = ?2)",
        )?
        .query_row(params![account, parent_id], |row| row.get(0))?;
    if is_parent {
        return Ok(None);
    }
    // An account without children is nobody's ancestor. This avoids the walk to the root for most
    // records of a large import.
    let has_children: bool = conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM accounts WHERE parent_no = ?1)")?
        .query_row([account], |row| row.get(0))?;
    if !has_children {
        return Ok(None);
    }
    let Some(parent) = account_rows::find_row(conn, parent_id)? else {
        return Ok(None);
    };
    let Some(above) = ancestry::ancestor_path(conn, ancestry, account, parent)? else {
        return Ok(None);
    };
    let above = above.try_map(|row| account_rows::id(conn, row))?;
    Ok(Some(Cycle::along(account_id, above)))
}

/// The order in which the records of a call place accounts, parents first.
pub(super) fn parents_first(
    conn: &Connection,
    records: &[Placement<'_>],
) -> rusqlite::Result<Vec<usize>> {
    let stored = stored_above(conn, records)?;
    Ok(hierarchy::parents_first(records, &stored))
}

/// The stored parents of the accounts that records name as parents, and of their ancestors.
fn stored_above(
    conn: &Connection,
    records: &[Placement<'_>],
) -> rusqlite::Result<HashMap<String, String>> {
    let requested = hierarchy::requested_parents(records);
    if requested.is_empty() {
        return Ok(HashMap::new());
    }
    // Each account is visited once, however many lie below it.
    conn.prepare_cached(
        "WITH RECURSIVE above (no) AS (
             SELECT no FROM accounts WHERE account_id IN (SELECT value FROM json_each(?1))
             UNION
             SELECT a.parent_no FROM above JOIN accounts a ON a.no = above.no
             WHERE a.parent_no IS NOT NULL
         )
         SELECT a.account_id, p.account_id FROM above
             JOIN accounts a ON a.no = above.no JOIN accounts p ON p.no = a.parent_no",
    )?
    .query_map([serde_json::json!(requested).to_string()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?
    .collect()
}

/// An account; with its subtree also its descendants, without deactivated accounts and what is
/// below them.
pub(super) fn active_below(
    conn: &Connection,
    account: AccountRow,
    with_subtree: bool,
) -> rusqlite::Result<HashSet<AccountRow>> {
    conn.prepare_cached(
        "WITH RECURSIVE below (no) AS (
             SELECT ?1
             UNION ALL
             SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
             WHERE ?2 AND a.is_deleted = 0
         )
         SELECT no FROM below",
    )?
    .query_map(params![account, with_subtree], |row| row.get(0))?
    .collect()
}

/// Sets or removes the parent of an account.
pub(super) fn set_parent(
    tx: &Transaction<'_>,
    ancestry: &mut Ancestry,
    account: AccountRow,
    parent: Option<AccountRow>,
) -> rusqlite::Result<()> {
    ancestry.moved(account, parent);
    tx.prepare_cached("UPDATE accounts SET parent_no = ?2 WHERE no = ?1")?
        .execute(params![account, parent])?;
    Ok(())
}

/// Whether an account is `root` or lies below it.
///
/// # Errors
/// Fails when SQLite fails.
pub fn is_within(
    conn: &Connection,
    account: AccountRow,
    root: AccountRow,
) -> rusqlite::Result<bool> {
    conn.prepare_cached(
        "WITH RECURSIVE above (no) AS (
             SELECT ?1
             UNION ALL
             SELECT a.parent_no FROM above JOIN accounts a ON a.no = above.no
             WHERE a.parent_no IS NOT NULL AND above.no <> ?2
         )
         SELECT EXISTS (SELECT 1 FROM above WHERE no = ?2)",
    )?
    .query_row(params![account, root], |row| row.get(0))
}

/// An account of a subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The account.
    pub account: AccountRow,
    /// Whether it has no active child.
    pub is_leaf: bool,
}

/// The accounts whose usage a query covers.
#[derive(Debug)]
pub struct Scope {
    nodes: Vec<Node>,
    /// For each row number, whether the account is a leaf; `None` for accounts outside of the
    /// scope.
    is_leaf: Vec<Option<bool>>,
}

impl Scope {
    /// An account, alone or with its subtree.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub fn of(
        conn: &Connection,
        account: AccountRow,
        with_subtree: bool,
    ) -> rusqlite::Result<Self> {
        let nodes = conn
            .prepare_cached(
                "WITH RECURSIVE below (no) AS (
                     SELECT ?1
                     UNION ALL
                     SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no WHERE ?2
                 )
                 SELECT no, NOT EXISTS (
                     SELECT 1 FROM accounts c WHERE c.parent_no = below.no AND c.is_deleted = 0)
                 FROM below",
            )?
            .query_map(params![account, with_subtree], |row| {
                Ok(Node {
                    account: row.get(0)?,
                    is_leaf: row.get(1)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Scope::from_nodes(nodes))
    }

    /// Some accounts, each without its subtree.
    pub(super) fn of_each(conn: &Connection, accounts: &[AccountRow]) -> rusqlite::Result<Self> {
        let mut nodes = Vec::with_capacity(accounts.len());
        for account in accounts {
            nodes.extend(Scope::of(conn, *account, false)?.nodes);
        }
        Ok(Scope::from_nodes(nodes))
    }

    /// All accounts.
    pub(super) fn of_all(conn: &Connection) -> rusqlite::Result<Self> {
        let nodes = conn
            .prepare_cached(
                "SELECT a.no, NOT EXISTS (
                     SELECT 1 FROM accounts c WHERE c.parent_no = a.no AND c.is_deleted = 0)
                 FROM accounts a",
            )?
            .query_map([], |row| {
                Ok(Node {
                    account: row.get(0)?,
                    is_leaf: row.get(1)?,
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Scope::from_nodes(nodes))
    }

    /// Makes a scope of given accounts.
    pub(super) fn from_nodes(nodes: Vec<Node>) -> Self {
        let highest = nodes.iter().filter_map(|node| index(node.account)).max();
        let mut is_leaf = vec![None; highest.map_or(0, |highest| highest + 1)];
        for node in &nodes {
            if let Some(index) = index(node.account) {
                is_leaf[index] = Some(node.is_leaf);
            }
        }
        Scope { nodes, is_leaf }
    }

    /// The accounts of the scope, in no particular order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Whether an account is a leaf; `None` when it is outside of the scope.
    pub fn is_leaf(&self, account: AccountRow) -> Option<bool> {
        self.is_leaf.get(index(account)?).copied().flatten()
    }

    /// Whether the scope has more than a quarter of all accounts. In that case, reading all
    /// segments in their order is faster than looking up those of each account.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub fn is_most_of(&self, conn: &Connection) -> rusqlite::Result<bool> {
        let all: i64 = conn
            .prepare_cached("SELECT IFNULL(MAX(no), 0) FROM accounts")?
            .query_row([], |row| row.get(0))?;
        Ok(self.nodes.len() as i64 * 4 > all)
    }
}

/// The index of an account in a vector by row number.
fn index(account: AccountRow) -> Option<usize> {
    usize::try_from(account.number()).ok()
}
