//! What a search for accounts and users finds.

use super::tree::TreeEntry;
use crate::model::{
    folding::{folded, has_words},
    visibility::Visibility,
};

/// A user that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUser {
    /// Id that clients use.
    pub user_id: String,
    /// The name, where the user has one.
    pub name: Option<String>,
    /// Name or id of the account the user belongs to.
    pub account: String,
    /// Whether the user is deactivated.
    pub is_deleted: bool,
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Each account with the path to it.
    pub accounts: Vec<Vec<TreeEntry>>,
    /// The users.
    pub users: Vec<FoundUser>,
    /// Number of matching accounts and users that were left out.
    pub beyond: usize,
}

/// A search for accounts and users with a text in their name or id.
#[derive(Debug, Clone)]
pub struct SearchQuestion {
    /// The text.
    pub text: String,
    /// The accounts that the caller may see.
    pub within: Visibility,
    /// Maximum number of accounts, and of users, that are returned.
    pub limit: usize,
}

/// The sort key of an account or a user among search results; `None` when it does not match. It
/// matches when its `title` contains all words of `text`, or its id contains `text`, which must be
/// case-folded. Matches whose title begins with the text come first, then titles decide. Without a
/// title, the id is used.
pub(in crate::store) fn rank(text: &str, title: Option<&str>, id: &str) -> Option<(bool, String)> {
    let (title, id) = (title.map(folded), folded(id));
    let has_text = title.as_ref().is_some_and(|title| has_words(title, text)) || id.contains(text);
    has_text.then(|| {
        let title = title.unwrap_or(id).into_owned();
        (!title.starts_with(text), title)
    })
}

/// The full name made of a first and a last name; `None` without either.
pub(in crate::store) fn full_name(names: [Option<&str>; 2]) -> Option<String> {
    let names: Vec<_> = names.into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(" "))
}
