//! How far what the sender of an event says about accounts is believed.

use natero_event::received::{id, is_address};
use serde_json::{Map, Value};

use super::change::Precedence;

/// How the sender of an event is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// What it says replaces what is known.
    Full,
    /// What it says fills what is empty.
    Public {
        /// Whether it may set the parent of an account that has none.
        may_set_parent: bool,
    },
}

impl Trust {
    /// That of a source.
    pub fn of(is_trusted: bool, allows_hierarchy: bool) -> Self {
        if is_trusted {
            Trust::Full
        } else {
            Trust::Public {
                may_set_parent: allows_hierarchy,
            }
        }
    }

    /// Whether it may set the parent of an account. `precedence` is that of what it says.
    pub fn may_set_parent(self, precedence: Precedence, has_parent: bool) -> bool {
        match self {
            Trust::Full => precedence == Precedence::Newer || !has_parent,
            Trust::Public { may_set_parent } => may_set_parent && !has_parent,
        }
    }
}

/// The field that asks for a parent.
pub(super) const PARENT: &str = "parent_account_id";

/// The parent that the details of an `identifyAccount` ask for.
pub fn requested_parent(details: &Map<String, Value>) -> Option<String> {
    details.get(PARENT).and_then(id).filter(|id| is_address(id))
}
