//! The account tree as the dashboard shows it.

use std::ops::Range;

use super::records::Listed;
use crate::model::{page::Page, visibility::Visibility};

/// Number of accounts of one level that are shown at a time, more than fit on a screen.
pub const LEVEL: i64 = 50;

/// The accounts of a level that are shown when it is opened.
pub(in crate::store) const FIRST_PAGE: Page = Page {
    limit: LEVEL,
    number: 1,
};

/// Maximum number of levels that the tree shows above an account. More would leave no room for
/// names.
const LEVELS: usize = 6;

/// The levels that are open along a path. `children` has the number of children of each account of
/// the path. Level 0 is the first level, and level `n` lies below account `n - 1` of the path. The
/// range begins after the levels that are not shown.
fn open_levels(children: &[i64]) -> Range<usize> {
    let skipped = children.len().saturating_sub(LEVELS + 1);
    let mut end = skipped;
    // A leaf opens no level.
    while end <= children.len() && end.checked_sub(1).is_none_or(|above| children[above] > 0) {
        end += 1;
    }
    skipped..end
}

/// An account as one entry of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Id that clients use.
    pub account_id: String,
    /// Display name.
    pub name: Option<String>,
    /// Name of its level of the hierarchy.
    pub hierarchy_label: Option<String>,
    /// Whether the account is deactivated.
    pub is_deleted: bool,
    /// Number of its children.
    pub children: i64,
}

impl TreeEntry {
    /// The name, or the id of an account without one.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.account_id)
    }
}

/// The tree, opened along the path to an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The open levels, from the top.
    pub levels: Vec<Level>,
    /// The path from the root to the account.
    pub path: Vec<TreeEntry>,
    /// Number of levels at the top that are not shown.
    pub skipped: usize,
    /// Whether the first level consists of the only root that the caller may see.
    pub has_one_root: bool,
}

/// A level of the tree that is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    /// Id of the account above it.
    pub parent: Option<String>,
    /// Its first accounts.
    pub branches: Vec<TreeEntry>,
    /// Number of all accounts of the level.
    pub total: i64,
}

impl Level {
    /// The first page of a level. The account on the path is added even if it is not on that page.
    pub(in crate::store) fn of(
        parent: Option<&TreeEntry>,
        (mut branches, total): (Vec<TreeEntry>, i64),
        on_path: Option<&TreeEntry>,
    ) -> Self {
        if let Some(wanted) = on_path
            && !branches
                .iter()
                .any(|branch| branch.account_id == wanted.account_id)
        {
            branches.insert(0, wanted.clone());
        }
        Level {
            parent: parent.map(|parent| parent.account_id.clone()),
            branches,
            total,
        }
    }
}

/// The part of the tree that is open along the path to an account, before the levels are read. `A`
/// is the value by which a store finds an account.
#[derive(Debug)]
pub(in crate::store) struct OpenTree<A> {
    /// The root of the subtree to which the caller is limited, if any.
    root: Option<TreeEntry>,
    path: Vec<(A, TreeEntry)>,
    open: Range<usize>,
}

impl<A: Copy + PartialEq> OpenTree<A> {
    /// Opens the tree along a path. With a `root`, only its subtree is visible, and the tree is
    /// open at least directly below it.
    pub(in crate::store) fn along(
        mut path: Vec<(A, TreeEntry)>,
        root: Option<(A, TreeEntry)>,
    ) -> Self {
        if let Some(root) = &root {
            let first = path.iter().position(|(account, _)| *account == root.0);
            path.drain(..first.unwrap_or(path.len()));
            if path.is_empty() {
                path.push(root.clone());
            }
        }
        let children: Vec<i64> = path.iter().map(|(_, entry)| entry.children).collect();
        OpenTree {
            root: root.map(|(_, entry)| entry),
            open: open_levels(&children),
            path,
        }
    }

    /// The accounts whose children must be read, from the top; `None` stands for the level of
    /// accounts without a parent.
    pub(in crate::store) fn parents(&self) -> Vec<Option<A>> {
        let open = self.open.clone().filter(|at| !self.is_root(*at));
        open.map(|at| self.parent(at).map(|(account, _)| *account))
            .collect()
    }

    /// The tree, made of the first pages of the levels below [`parents`](Self::parents).
    pub(in crate::store) fn with(self, read: Vec<Listed<TreeEntry>>) -> Tree {
        let mut read = read.into_iter();
        let mut levels = Vec::with_capacity(self.open.len());
        for at in self.open.clone() {
            levels.push(match &self.root {
                Some(root) if self.is_root(at) => Level {
                    parent: None,
                    branches: vec![root.clone()],
                    total: 1,
                },
                Some(_) | None => {
                    let on_path = self.path.get(at).map(|(_, entry)| entry);
                    let parent = self.parent(at).map(|(_, entry)| entry);
                    Level::of(parent, read.next().unwrap_or_default(), on_path)
                }
            });
        }
        Tree {
            levels,
            skipped: self.open.start,
            has_one_root: self.root.is_some(),
            path: self.path.into_iter().map(|(_, entry)| entry).collect(),
        }
    }

    /// Whether a level consists of the root to which the caller is limited, so that nothing is read
    /// for it.
    fn is_root(&self, at: usize) -> bool {
        at == 0 && self.root.is_some()
    }

    /// The account above a level.
    fn parent(&self, at: usize) -> Option<&(A, TreeEntry)> {
        at.checked_sub(1).map(|above| &self.path[above])
    }
}

/// A question about a page of one level.
#[derive(Debug, Clone)]
pub struct LevelQuestion {
    /// Id of the account above it; `None` for the first level.
    pub parent: Option<String>,
    /// The accounts that the caller may see.
    pub within: Visibility,
    /// The page.
    pub page: Page,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(account_id: &str, children: i64) -> TreeEntry {
        TreeEntry {
            account_id: account_id.to_owned(),
            name: None,
            hierarchy_label: None,
            is_deleted: false,
            children,
        }
    }

    #[test]
    fn below_the_only_account_that_may_be_seen_nothing_above_it_is_read() {
        let path = [("r", 5), ("a", 2), ("b", 0)].map(|(id, children)| (id, entry(id, children)));
        let everything = OpenTree::along(path.to_vec(), None);
        assert_eq!(everything.parents(), [None, Some("r"), Some("a")]);
        let below_a = OpenTree::along(path.to_vec(), Some(path[1].clone()));
        assert_eq!(below_a.parents(), [Some("a")]);
        let tree = below_a.with(vec![(vec![entry("c", 0)], 2)]);
        let shown: Vec<Vec<&str>> = tree
            .levels
            .iter()
            .map(|level| level.branches.iter().map(TreeEntry::title).collect())
            .collect();
        assert_eq!(shown, [vec!["a"], vec!["b", "c"]]);
        assert!(tree.has_one_root);
        let elsewhere = OpenTree::along(path[..1].to_vec(), Some(path[1].clone()));
        assert_eq!(elsewhere.parents(), [Some("a")], "it is open even so");
    }

    #[test]
    fn levels_are_open_down_to_what_is_below_the_account() {
        assert_eq!(open_levels(&[]), 0..1);
        assert_eq!(open_levels(&[3]), 0..2);
        assert_eq!(open_levels(&[3, 0]), 0..2);
        assert_eq!(open_levels(&[1; 7]), 0..8);
        assert_eq!(open_levels(&[1; 9]), 2..10);
        assert_eq!(open_levels(&[1, 1, 1, 1, 1, 1, 1, 1, 0]), 2..9);
    }
}
