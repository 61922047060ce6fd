//! The open levels of the account tree.

use crate::store::{
    records::Listed,
    scaled::{
        account_rows,
        account_tree::{self, TreeRow},
        failure::Result,
        postgres::Tx,
        visible::VisibleAccounts,
    },
    tree::{FIRST_PAGE, LevelQuestion, OpenTree, Tree, TreeEntry},
};

/// Reads the open levels of the tree along the path to an account.
pub(in crate::store::scaled) async fn read(
    tx: &Tx<'_>,
    within: VisibleAccounts,
    path: Vec<TreeRow>,
) -> Result<Tree> {
    let root = match within.root()? {
        None => None,
        Some(root) => Some((root, account_tree::entry(tx, root).await?)),
    };
    let open = OpenTree::along(path, root);
    let mut levels = Vec::new();
    for parent in open.parents() {
        levels.push(account_tree::children(tx, parent, FIRST_PAGE).await?);
    }
    Ok(open.with(levels))
}

/// Reads the tree with its first level open.
pub(in crate::store::scaled) async fn first_level(
    tx: &Tx<'_>,
    within: VisibleAccounts,
) -> Result<Tree> {
    read(tx, within, Vec::new()).await
}

/// Reads a page of a level; `None` when the account above it is unknown or the caller may not see
/// it.
pub(in crate::store::scaled) async fn level(
    tx: &Tx<'_>,
    question: &LevelQuestion,
) -> Result<Option<Listed<TreeEntry>>> {
    let parent = match &question.parent {
        None if question.within.is_all() => None,
        None => return Ok(None),
        Some(id) => match account_rows::find_no(tx, id).await? {
            Some(no)
                if VisibleAccounts::find(tx, &question.within)
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
