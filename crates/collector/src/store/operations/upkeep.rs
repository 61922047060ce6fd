//! What keeps a store running.

use crate::store::{
    answer::{Answer, Done},
    freshness::Freshness,
};

/// What a store has noticed about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether the last change was committed and further ones are taken.
    pub is_committing: bool,
    /// Whether something that was stored is damaged.
    pub is_damaged: bool,
}

/// Keeps a store running.
pub trait UpkeepOperations {
    /// What the store has noticed about itself.
    fn health(&self) -> Health;

    /// Stores a batch as clients send them at `now`, and takes it back. `commits` says
    /// whether it also commits as much as a batch does.
    fn probe(&self, now: i64, commits: bool) -> Answer<'_, ()>;

    /// How far what is added up was behind a moment ago; `None` where nothing is added up
    /// apart from what has arrived.
    fn behind(&self) -> Option<Freshness>;

    /// Size of the stored data in bytes.
    fn size(&self) -> Answer<'_, i64>;

    /// Stops taking changes once those that were accepted are on disk.
    fn close(&self) -> Done<'_, ()>;
}
