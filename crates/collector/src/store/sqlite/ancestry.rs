//! Finds out whether an account lies above another, while a call places many accounts.

use rusqlite::Connection;

use super::rows::AccountRow;
use crate::{
    model::hierarchy::AncestorPath,
    store::ancestry::{self, AncestorWalk, Tree},
};

/// What the placements of one call have learned of the tree. It must not outlive the transaction.
pub(super) type Ancestry = ancestry::Ancestry<AccountRow>;

/// The path from `lower` up to the account directly below `upper`; `None` when `upper` is not above
/// `lower`.
pub(super) fn ancestor_path(
    conn: &Connection,
    ancestry: &mut Ancestry,
    upper: AccountRow,
    lower: AccountRow,
) -> rusqlite::Result<Option<AncestorPath<AccountRow>>> {
    let most = ancestry.steps_left();
    if most > 0 {
        let accounts = walk(conn, upper, lower, most)?;
        match ancestry.record_walk(upper, accounts) {
            AncestorWalk::Reached(way) => return Ok(Some(way)),
            AncestorWalk::NotAbove => return Ok(None),
            AncestorWalk::Truncated => {}
        }
    }
    let tree = match ancestry.tree() {
        Some(tree) => tree,
        None => ancestry.keep(read_tree(conn)?),
    };
    Ok(tree.ancestor_path(upper, lower))
}

/// The accounts from `lower` upwards, to the root or to `upper`, but at most `most`.
fn walk(
    conn: &Connection,
    upper: AccountRow,
    lower: AccountRow,
    most: usize,
) -> rusqlite::Result<Vec<AccountRow>> {
    let mut parent = conn.prepare_cached("SELECT parent_no FROM accounts WHERE no = ?1")?;
    let mut passed = vec![lower];
    let mut at = lower;
    while at != upper && passed.len() < most {
        match parent.query_row([at], |row| row.get(0))? {
            Some(parent) => at = parent,
            None => break,
        }
        passed.push(at);
    }
    Ok(passed)
}

fn read_tree(conn: &Connection) -> rusqlite::Result<Tree<AccountRow>> {
    let mut tree = Tree::default();
    let mut links =
        conn.prepare("SELECT no, parent_no FROM accounts WHERE parent_no IS NOT NULL")?;
    let mut rows = links.query([])?;
    while let Some(row) = rows.next()? {
        tree.place(row.get(0)?, Some(row.get(1)?));
    }
    Ok(tree)
}
