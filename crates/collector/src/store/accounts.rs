//! Questions about accounts and users, and the outcomes of storing their records.

use super::list_filter::ListFilter;
use crate::model::record::RecordError;

/// A question about a list of accounts.
#[derive(Debug, Clone, Default)]
pub struct AccountsQuestion {
    /// Only children of the account with this id.
    pub parent: Option<String>,
    /// Only accounts without a parent.
    pub roots_only: bool,
    /// Only accounts without active children, or only those with some.
    pub is_leaf: Option<bool>,
    /// Only accounts of a level of the hierarchy with this name.
    pub hierarchy_label: Option<String>,
    /// Further conditions.
    pub filter: ListFilter,
}

/// A question about a list of users.
#[derive(Debug, Clone, Default)]
pub struct UsersQuestion {
    /// Only users of the account with this id.
    pub account_id: Option<String>,
    /// Further conditions.
    pub filter: ListFilter,
}

impl UsersQuestion {
    /// All users of an account, or of all accounts.
    pub fn of(account_id: Option<String>) -> Self {
        UsersQuestion {
            account_id,
            ..UsersQuestion::default()
        }
    }
}

/// One record of a call: its index in the call, its id and its outcome.
pub type RecordOutcome = (usize, String, Result<(), RecordError>);
