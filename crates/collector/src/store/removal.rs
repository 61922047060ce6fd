//! What was erased or deleted.

use serde::Serialize;

/// What an erasure has removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Number of events.
    pub events: usize,
    /// Number of users.
    pub users: usize,
    /// Number of accounts.
    pub accounts: usize,
}

/// What one deletion of old events did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// Number of events that were deleted.
    pub events: usize,
    /// Whether a further call would find nothing to do.
    pub is_done: bool,
}
