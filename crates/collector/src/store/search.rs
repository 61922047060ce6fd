//! What a search for accounts and users finds.

use super::tree::TreeEntry;
use crate::model::visibility::Visibility;

/// A user that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUser {
    /// Id that clients use.
    pub user_id: String,
    /// The name, where the user has one.
    pub name: Option<String>,
    /// Name or id of the account the user belongs to.
    pub account: String,
    /// Whether the user was deactivated.
    pub is_deleted: bool,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Each account with the path to it.
    pub accounts: Vec<Vec<TreeEntry>>,
    /// The users.
    pub users: Vec<FoundUser>,
    /// Number of accounts and users that are not among them.
    pub beyond: usize,
}

/// A search for accounts and users with a text in their name or id.
#[derive(Debug, Clone)]
pub struct SearchQuestion {
    /// The text.
    pub text: String,
    /// The accounts that whoever asks may see.
    pub within: Visibility,
    /// Most accounts, and most users, that are returned.
    pub limit: usize,
}
