//! The account tree as the dashboard shows it.

use crate::model::{page::Page, visibility::Visibility};

/// Accounts of one level that are shown at a time, more than fit on a screen.
pub const LEVEL: i64 = 50;

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
