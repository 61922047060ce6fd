//! The open levels of the account tree. Each level is read when it is opened, so that a
//! page takes the same time for ten thousand accounts as for ten.

use rusqlite::Connection;

use super::{
    account_rows,
    account_tree::{self, Located},
    visible::Within,
};
use crate::{
    model::page::Page,
    store::{
        records::Listed,
        tree::{LEVEL, Level, LevelQuestion, Tree, TreeEntry},
    },
};

/// Most levels that the tree shows above an account. More would leave no room for
/// names.
const LEVELS: usize = 6;

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
    let skipped = path.len().saturating_sub(LEVELS + 1);
    let mut levels = Vec::new();
    for at in skipped..=path.len() {
        let parent = at.checked_sub(1).map(|above| &path[above]);
        // A leaf opens no level.
        if parent.is_some_and(|(_, parent)| parent.children == 0) {
            break;
        }
        levels.push(match (&root, parent) {
            (Some((_, root)), None) => Level {
                parent: None,
                branches: vec![root.clone()],
                total: 1,
            },
            _ => read_level(conn, parent, path.get(at))?,
        });
    }
    Ok(Tree {
        levels,
        path: path.into_iter().map(|(_, entry)| entry).collect(),
        skipped,
        has_one_root: root.is_some(),
    })
}

fn read_level(
    conn: &Connection,
    parent: Option<&Located>,
    on_path: Option<&Located>,
) -> rusqlite::Result<Level> {
    let page = Page {
        limit: LEVEL,
        number: 1,
    };
    let (mut branches, total) = account_tree::children(conn, parent.map(|(row, _)| *row), page)?;
    // The account on the path is shown even when it is not on the first page.
    if let Some((_, wanted)) = on_path
        && !branches
            .iter()
            .any(|branch| branch.account_id == wanted.account_id)
    {
        branches.insert(0, wanted.clone());
    }
    Ok(Level {
        parent: parent.map(|(_, parent)| parent.account_id.clone()),
        branches,
        total,
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
