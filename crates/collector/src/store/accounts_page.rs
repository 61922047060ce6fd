//! A question about the first page of the dashboard, and its answer.

use super::{
    portfolio::{ListQuestion, Portfolio},
    saved_views::SavedView,
    search::Found,
    tree::Tree,
};
use crate::model::visibility::Visibility;

/// A question about all customers, or a search.
#[derive(Debug, Clone)]
pub struct AccountsPageQuestion {
    /// The accounts that the caller may see.
    pub within: Visibility,
    /// What the page shows below its title.
    pub wanted: Wanted,
}

/// What the first page shows below its title.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// The list of accounts.
    List(ListQuestion),
    /// The accounts and users with a text in their name or id.
    Found {
        /// The text.
        text: String,
        /// Maximum number of accounts, and of users, that are returned.
        limit: usize,
    },
}

/// What the first page shows.
#[derive(Debug, Clone)]
pub struct AccountsPage {
    /// The tree.
    pub tree: Tree,
    /// Number of accounts that the caller may see.
    pub accounts: i64,
    /// Number of their users.
    pub users: i64,
    /// What is below the title.
    pub content: AccountsContent,
}

/// What the first page shows below its title.
#[derive(Debug, Clone)]
pub enum AccountsContent {
    /// The list of accounts, and the saved views.
    List(Box<Portfolio>, Vec<SavedView>),
    /// What a search found.
    Found(Found),
}
