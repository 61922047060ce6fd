//! The open levels of the account tree. Each level is read when it is opened, so that a
//! page takes the same time for ten thousand accounts as for ten.

use rusqlite::Connection;

use super::{
    account_rows,
    account_tree::{self, Located},
    visible::Within,
};
use crate::store::{
    records::Listed,
    tree::{FIRST_PAGE, Level, LevelQuestion, Tree, TreeEntry, open_levels},
};

/// Reads the open levels of the tree along the path to an account.
pub(super) fn read(
    conn: &Connection,
    within: Within,
    mut path: Vec<Located>,
) -> rusqlite::Result<Tree> {
    let root = within
        .root()?
        .map(|root| -> rusqlite::Result<Located> { Ok((root, account_tree::entry(conn, root)?)) })
        .transpose()?;
    if let Some(root) = &root {
        let first = path.iter().position(|(row, _)| *row == root.0);
        path.drain(..first.unwrap_or(path.len()));
        if path.is_empty() {
            path.push(root.clone());
        }
    }
    let children: Vec<i64> = path.iter().map(|(_, entry)| entry.children).collect();
    let open = open_levels(&children);
    let mut levels = Vec::with_capacity(open.len());
    for at in open.clone() {
        let parent = at.checked_sub(1).map(|above| &path[above]);
        levels.push(match (&root, parent) {
            (Some((_, root)), None) => Level {
                parent: None,
                branches: vec![root.clone()],
                total: 1,
            },
            _ => {
                let first = account_tree::children(conn, parent.map(|(row, _)| *row), FIRST_PAGE)?;
                let on_path = path.get(at).map(|(_, entry)| entry);
                Level::of(parent.map(|(_, entry)| entry), first, on_path)
            }
        });
    }
    Ok(Tree {
        levels,
        path: path.into_iter().map(|(_, entry)| entry).collect(),
        skipped: open.start,
        has_one_root: root.is_some(),
    })
}

/// Reads a page of a level; `None` when the account above it is unknown or not to be seen.
pub(super) fn level(
    conn: &Connection,
    question: &LevelQuestion,
) -> rusqlite::Result<Option<Listed<TreeEntry>>> {
    let parent = match &question.parent {
        None if question.within.is_all() => None,
        None => return Ok(None),
        Some(id) => match account_rows::find_row(conn, id)? {
            Some(row) if Within::find(conn, &question.within)?.see(conn, row)? => Some(row),
            Some(_) | None => return Ok(None),
        },
    };
    account_tree::children(conn, parent, question.page).map(Some)
}
