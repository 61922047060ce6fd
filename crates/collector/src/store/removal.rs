//! What was erased or pruned.

use serde::Serialize;

/// What an erasure removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Number of events.
    pub events: usize,
    /// Number of users.
    pub users: usize,
    /// Number of accounts.
    pub accounts: usize,
    /// Number of users who were moved to another account. Either a forged event had placed them in
    /// their account, or they were in an erased account only because events named it, and other
    /// events name another.
    #[serde(skip_serializing_if = "is_none")]
    pub users_moved: usize,
    /// Number of events of the stream that retention deleted earlier. It is no longer known which
    /// figures they contributed to, so these remain.
    #[serde(skip_serializing_if = "is_none")]
    pub figures_kept: usize,
    /// Number of accounts and users that keep what erased identifications of trusted sources said.
    /// It is stored together with what the Account API said, so it cannot be taken back. The
    /// Account API may have replaced some of it since.
    #[serde(skip_serializing_if = "is_none")]
    pub values_kept: usize,
    /// Number of viewer keys that were limited to an erased account, and are revoked now.
    /// Otherwise they would see whatever somebody later names by its id.
    #[serde(skip_serializing_if = "is_none")]
    pub keys_revoked: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Erased {
    /// Adds what another erasure removed.
    pub fn add(&mut self, other: Erased) {
        self.events += other.events;
        self.users += other.users;
        self.accounts += other.accounts;
        self.users_moved += other.users_moved;
        self.figures_kept += other.figures_kept;
        self.values_kept += other.values_kept;
        self.keys_revoked += other.keys_revoked;
    }
}

/// What one deletion of old events removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PruneOutcome {
    /// Number of events that were deleted.
    pub events: usize,
    /// Whether nothing is left to delete.
    pub is_done: bool,
}
