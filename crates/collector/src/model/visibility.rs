//! What somebody may see.

/// The accounts that somebody may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Visibility {
    /// All accounts.
    #[default]
    All,
    /// The account with this id, and what is below it.
    Subtree(String),
}

impl Visibility {
    /// Whether all accounts may be seen.
    pub fn is_all(&self) -> bool {
        *self == Visibility::All
    }

    /// Id of the only account that may be seen with what is below it.
    pub fn root(&self) -> Option<&str> {
        match self {
            Visibility::All => None,
            Visibility::Subtree(id) => Some(id),
        }
    }
}

impl From<Option<String>> for Visibility {
    /// The accounts of a key that names one, or none.
    fn from(within: Option<String>) -> Self {
        within.map_or(Visibility::All, Visibility::Subtree)
    }
}
