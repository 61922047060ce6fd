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
    /// Number of users who belong to another account now: a forged event had placed them in
    /// theirs, or they were in an erased account by events alone, and others name another.
    #[serde(skip_serializing_if = "is_none")]
    pub users_moved: usize,
    /// Number of events of the stream that retention had dropped before. Nobody knows any
    /// more which figures are theirs, so these stay.
    #[serde(skip_serializing_if = "is_none")]
    pub figures_kept: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Erased {
    /// Adds what another erasure has removed.
    pub fn add(&mut self, other: Erased) {
        self.events += other.events;
        self.users += other.users;
        self.accounts += other.accounts;
        self.users_moved += other.users_moved;
        self.figures_kept += other.figures_kept;
    }
}

/// What one deletion of old events did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// Number of events that were deleted.
    pub events: usize,
    /// Whether a further call would find nothing to do.
    pub is_done: bool,
}
