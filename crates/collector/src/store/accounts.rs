//! Questions about accounts and users, and what becomes of their records.

use crate::model::record::RecordError;

/// A question about a list of accounts.
#[derive(Debug, Clone, Default)]
pub struct AccountsQuestion {
    /// Only children of the account with this id.
    pub parent: Option<String>,
    /// Only accounts without a parent.
    pub roots_only: bool,
    /// Only accounts with this text in their id or name.
    pub search: Option<String>,
}

/// What became of a record of a call: its index in the call, its id and its outcome.
pub type RecordOutcome = (usize, String, Result<(), RecordError>);
