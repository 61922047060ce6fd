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

/// The place of something in what a search found, or `None` where it has not the text,
/// which is folded: whether its title does not begin with the text, and the title. It has the
/// text with all words of it in its `title`, or the text in its id; without a title, the id
/// is told.
pub(in crate::store) fn rank(text: &str, title: Option<&str>, id: &str) -> Option<(bool, String)> {
    let (title, id) = (title.map(folded), folded(id));
    let has_text = title.as_ref().is_some_and(|title| has_words(title, text)) || id.contains(text);
    has_text.then(|| {
        let title = title.unwrap_or(id).into_owned();
        (!title.starts_with(text), title)
    })
}

/// The name of a user with these first and last names; `None` without any.
pub(in crate::store) fn full_name(names: [Option<&str>; 2]) -> Option<String> {
    let names: Vec<_> = names.into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(" "))
}
