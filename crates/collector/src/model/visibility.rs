//! Which accounts somebody may see.

/// The accounts that somebody may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Visibility {
    /// All accounts.
    #[default]
    All,
    /// The account with this id and its descendants.
    Subtree(String),
}

impl Visibility {
    /// Whether all accounts are visible.
    pub fn is_all(&self) -> bool {
        *self == Visibility::All
    }

    /// Id of the root of the visible subtree; `None` if all accounts are visible.
    pub fn root(&self) -> Option<&str> {
        match self {
            Visibility::All => None,
            Visibility::Subtree(id) => Some(id),
        }
    }
}

impl From<Option<String>> for Visibility {
    /// Restricted to a subtree if the key names an account.
    fn from(within: Option<String>) -> Self {
        within.map_or(Visibility::All, Visibility::Subtree)
    }
}
