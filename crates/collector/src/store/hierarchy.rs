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

/// The account and everything below it, in no order.
///
/// # Errors
/// Those of SQLite.
pub fn subtree(conn: &Connection, no: AccountNo) -> rusqlite::Result<Vec<Node>> {
    conn.prepare_cached(
        "WITH RECURSIVE below (no) AS (
             SELECT ?1
             UNION ALL
             SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
         )
         SELECT no, NOT EXISTS (
             SELECT 1 FROM accounts c WHERE c.parent_no = below.no AND c.is_deleted = 0)
         FROM below",
    )?
    .query_map([no], |row| {
        Ok(Node {
            no: row.get(0)?,
            is_leaf: row.get(1)?,
        })
    })?
    .collect()
}

/// The account alone.
///
/// # Errors
/// Those of SQLite.
pub fn node(conn: &Connection, no: AccountNo) -> rusqlite::Result<Node> {
    conn.prepare_cached(
        "SELECT NOT EXISTS (
             SELECT 1 FROM accounts c WHERE c.parent_no = ?1 AND c.is_deleted = 0)",
    )?
    .query_row([no], |row| {
        Ok(Node {
            no,
            is_leaf: row.get(0)?,
        })
    })
}
