//! Lists of accounts that somebody saved under a name, for everyone.

/// Maximum number of saved views. More could not be navigated.
pub(in crate::store) const MAX_VIEWS: i64 = 100;

/// A list with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedView {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its address: a path with a query.
    pub address: String,
}
