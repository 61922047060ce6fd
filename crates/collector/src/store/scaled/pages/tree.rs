//! The open levels of the account tree.

use crate::store::{
    records::Listed,
    scaled::{
        account_rows,
        account_tree::{self, Located},
        failure::Result,
        postgres::Tx,
        visible::Within,
    },
    tree::{FIRST_PAGE, Level, LevelQuestion, Tree, TreeEntry, open_levels},
};

/// Reads the open levels of the tree along the path to an account.
pub(in crate::store::scaled) async fn read(
    tx: &Tx<'_>,
    within: Within,
    mut path: Vec<Located>,
) -> Result<Tree> {
    let root = match within.root()? {
        None => None,
        Some(root) => Some((root, account_tree::entry(tx, root).await?)),
    };
    if let Some(root) = &root {
        let first = path.iter().position(|(no, _)| *no == root.0);
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
                let above = parent.map(|(no, _)| *no);
                let first = account_tree::children(tx, above, FIRST_PAGE).await?;
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

/// Reads the tree with its first level open.
pub(in crate::store::scaled) async fn first_level(tx: &Tx<'_>, within: Within) -> Result<Tree> {
    read(tx, within, Vec::new()).await
}

/// Reads a page of a level; `None` when the account above it is unknown or not to be seen.
pub(in crate::store::scaled) async fn level(
    tx: &Tx<'_>,
    question: &LevelQuestion,
) -> Result<Option<Listed<TreeEntry>>> {
    let parent = match &question.parent {
        None if question.within.is_all() => None,
        None => return Ok(None),
        Some(id) => match account_rows::find_no(tx, id).await? {
            Some(no)
                if Within::find(tx, &question.within)
                    .await?
                    .see(tx, no)
                    .await? =>
            {
                Some(no)
            }
            Some(_) | None => return Ok(None),
        },
    };
    Ok(Some(
        account_tree::children(tx, parent, question.page).await?,
    ))
}
