//! The open levels of the account tree. A level is read only when it is open, so a page takes the
//! same time for ten thousand accounts as for ten.

use rusqlite::Connection;

use super::{
    account_rows,
    account_tree::{self, TreeRow},
    visible::VisibleAccounts,
};
use crate::store::{
    records::Listed,
    tree::{FIRST_PAGE, LevelQuestion, OpenTree, Tree, TreeEntry},
};

/// Reads the open levels of the tree along the path to an account.
pub(super) fn read(
    conn: &Connection,
    within: VisibleAccounts,
    path: Vec<TreeRow>,
) -> rusqlite::Result<Tree> {
    let root = within
        .root()?
        .map(|root| -> rusqlite::Result<TreeRow> { Ok((root, account_tree::entry(conn, root)?)) })
        .transpose()?;
    let open = OpenTree::along(path, root);
    let levels = open
        .parents()
        .into_iter()
        .map(|parent| account_tree::children(conn, parent, FIRST_PAGE))
        .collect::<rusqlite::Result<_>>()?;
    Ok(open.with(levels))
}

/// Reads a page of a level; `None` when the account above it is unknown or the caller may not see
/// it.
pub(super) fn level(
    conn: &Connection,
    question: &LevelQuestion,
) -> rusqlite::Result<Option<Listed<TreeEntry>>> {
    let parent = match &question.parent {
        None if question.within.is_all() => None,
        None => return Ok(None),
        Some(id) => match account_rows::find_row(conn, id)? {
            Some(row) if VisibleAccounts::find(conn, &question.within)?.see(conn, row)? => {
                Some(row)
            }
            Some(_) | None => return Ok(None),
        },
    };
    account_tree::children(conn, parent, question.page).map(Some)
}
