//! Health, size and shutdown of a store.

use crate::store::{
    answer::{Answer, BoxFuture},
    freshness::Freshness,
};

/// The health of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Whether the last change was committed and new changes are accepted.
    pub is_committing: bool,
    /// Whether stored data is damaged.
    pub is_damaged: bool,
}

/// Monitors a store and shuts it down.
pub trait UpkeepOperations {
    /// The current health of the store.
    fn health(&self) -> Health;

    /// Stores a test batch at `now`, as clients send them, and rolls it back. With `commits`, it
    /// also commits as much data as a batch does.
    fn probe(&self, now: i64, commits: bool) -> Answer<'_, ()>;

    /// How far the aggregated data lagged behind a moment ago; `None` for a store that aggregates
    /// as events arrive.
    fn behind(&self) -> Option<Freshness>;

    /// Size of the stored data in bytes.
    fn size(&self) -> Answer<'_, i64>;

    /// Stops accepting changes, and returns once the accepted ones are on disk.
    fn close(&self) -> BoxFuture<'_, ()>;
}
