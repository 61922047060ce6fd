//! The tree of accounts. It is kept as each account's parent and nothing else,
//! so that moving a branch is one update however much is below it.

use rusqlite::{Connection, Transaction, params};

use super::accounts::AccountNo;
use crate::entity::Cycle;

/// The cycle that would be closed by putting an account below `parent_id`.
///
/// # Errors
/// Those of SQLite.
pub(super) fn cycle(
    conn: &Connection,
    account_id: &str,
    no: Option<AccountNo>,
    parent_id: &str,
) -> rusqlite::Result<Option<Cycle>> {
    if account_id == parent_id {
        return Ok(Some(Cycle(vec![account_id.to_owned(); 2])));
    }
    let Some(no) = no else {
        return Ok(None);
    };
    // Nothing can be above itself through an account that has nothing below
    // it. This spares the way up for all but a few records of a large import.
    let has_children: bool = conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM accounts WHERE parent_no = ?1)")?
        .query_row([no], |row| row.get(0))?;
    if !has_children {
        return Ok(None);
    }
    let mut upwards = conn.prepare_cached(
        "WITH RECURSIVE above (no, account_id, parent_no, level) AS (
             SELECT no, account_id, parent_no, 0 FROM accounts WHERE account_id = ?1
             UNION ALL
             SELECT a.no, a.account_id, a.parent_no, level + 1
             FROM above JOIN accounts a ON a.no = above.parent_no WHERE above.no <> ?2
         )
         SELECT no, account_id FROM above ORDER BY level",
    )?;
    let mut rows = upwards.query(params![parent_id, no])?;
    let mut path = vec![account_id.to_owned()];
    while let Some(row) = rows.next()? {
        path.push(row.get(1)?);
        if row.get::<_, AccountNo>(0)? == no {
            return Ok(Some(Cycle(path)));
        }
    }
    Ok(None)
}

pub(super) fn set_parent(
    tx: &Transaction<'_>,
    no: AccountNo,
    parent: Option<AccountNo>,
) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE accounts SET parent_no = ?2 WHERE no = ?1")?
        .execute(params![no, parent])?;
    Ok(())
}

/// An account of a subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The account.
    pub no: AccountNo,
    /// Whether no active account is below it.
    pub is_leaf: bool,
}

/// The accounts that a question is about.
#[derive(Debug)]
pub struct Scope {
    nodes: Vec<Node>,
    /// By number; `None` where the account is not meant.
    is_leaf: Vec<Option<bool>>,
}

impl Scope {
    /// The account, with everything below it or alone.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn of(conn: &Connection, no: AccountNo, with_all_below: bool) -> rusqlite::Result<Self> {
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
            .query_map(params![no, with_all_below], |row| {
                Ok(Node {
                    no: row.get(0)?,
                    is_leaf: row.get(1)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let highest = nodes.iter().map(|node| node.no).max().unwrap_or(0);
        let mut is_leaf = vec![None; highest as usize + 1];
        for node in &nodes {
            is_leaf[node.no as usize] = Some(node.is_leaf);
        }
        Ok(Scope { nodes, is_leaf })
    }

    /// Its accounts, in no order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Whether an account is a leaf; `None` where it is not in the scope.
    pub fn is_leaf(&self, no: AccountNo) -> Option<bool> {
        let at = usize::try_from(no).ok()?;
        self.is_leaf.get(at).copied().flatten()
    }

    /// Whether a large part of all accounts is in the scope, so that reading
    /// all and leaving out the others is faster than looking for each.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn is_most_of(&self, conn: &Connection) -> rusqlite::Result<bool> {
        let all: i64 = conn
            .prepare_cached("SELECT IFNULL(MAX(no), 0) FROM accounts")?
            .query_row([], |row| row.get(0))?;
        Ok(self.nodes.len() as i64 * 4 > all)
    }
}
