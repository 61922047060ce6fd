//! The level of the accounts in a list: its name in addresses and forms, and its label.

use crate::store::portfolio::ListLevel;

/// The levels in the order in which a choice offers them.
pub(crate) const LIST_LEVELS: [ListLevel; 3] = [ListLevel::Top, ListLevel::Leaves, ListLevel::All];

impl ListLevel {
    /// The level with this name in an address or a form.
    pub(crate) fn named(name: &str) -> Option<Self> {
        LIST_LEVELS.into_iter().find(|level| level.name() == name)
    }

    /// Its name in an address or a form.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ListLevel::Top => "top",
            ListLevel::Leaves => "leaves",
            ListLevel::All => "all",
        }
    }

    /// Its label in a list of all accounts.
    pub(crate) fn label(self) -> &'static str {
        match self {
            ListLevel::Top => "Customers",
            ListLevel::Leaves => "Lowest level",
            ListLevel::All => "All levels",
        }
    }

    /// Its label in a list of the accounts below one account, whose top level is not the
    /// customers.
    pub(crate) fn label_below_account(self) -> &'static str {
        match self {
            ListLevel::Top => "Top level",
            ListLevel::Leaves | ListLevel::All => self.label(),
        }
    }
}
