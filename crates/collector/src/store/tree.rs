//! The account tree as the dashboard shows it.

use std::ops::Range;

use crate::model::{page::Page, visibility::Visibility};

/// Accounts of one level that are shown at a time, more than fit on a screen.
pub const LEVEL: i64 = 50;

/// The accounts of a level that are shown when it is opened.
pub(in crate::store) const FIRST_PAGE: Page = Page {
    limit: LEVEL,
    number: 1,
};

/// Most levels that the tree shows above an account. More would leave no room for
/// names.
const LEVELS: usize = 6;

/// The levels that are open along a path, whose accounts have so many children: the
/// first level is 0, and level `n` is below the account `n - 1` of the path. Its begin is
/// the number of levels that are not shown.
pub(in crate::store) fn open_levels(children: &[i64]) -> Range<usize> {
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
    /// Whether the account was deactivated.
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
    /// Number of levels at the beginning of the path that are not shown.
    pub skipped: usize,
    /// Whether the first level is the only account that may be seen.
    pub has_one_root: bool,
}

/// A level of the tree that is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    /// Id of the account above it.
    pub parent: Option<String>,
    /// Its first accounts.
    pub branches: Vec<TreeEntry>,
    /// Number of all its accounts.
    pub total: i64,
}

impl Level {
    /// The first page of a level. The account on the path is shown even when it is not on
    /// that page.
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

/// A question about a page of one level.
#[derive(Debug, Clone)]
pub struct LevelQuestion {
    /// Id of the account above it; `None` for the first level.
    pub parent: Option<String>,
    /// The accounts that whoever asks may see.
    pub within: Visibility,
    /// The page.
    pub page: Page,
}

#[cfg(test)]
mod tests {
    use super::open_levels;

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
