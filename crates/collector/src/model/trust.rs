//! How far account and user details in events are trusted.

use natero_event::received::{id, is_address};
use serde_json::{Map, Value};

use super::change::Precedence;

/// The trust in the sender of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Its details replace the stored ones.
    Full,
    /// Its details only fill empty fields.
    Public {
        /// Whether it may set the parent of an account that has none.
        may_set_parent: bool,
    },
}

impl Trust {
    /// The trust in a source.
    pub fn of(is_trusted: bool, allows_hierarchy: bool) -> Self {
        if is_trusted {
            Trust::Full
        } else {
            Trust::Public {
                may_set_parent: allows_hierarchy,
            }
        }
    }

    /// Whether the sender may set the parent of an account. `precedence` is that of the
    /// change.
    pub fn may_set_parent(self, precedence: Precedence, has_parent: bool) -> bool {
        match self {
            Trust::Full => precedence == Precedence::Newer || !has_parent,
            Trust::Public { may_set_parent } => may_set_parent && !has_parent,
        }
    }
}

/// The field that sets a parent.
pub(super) const PARENT: &str = "parent_account_id";

/// The parent that the details of an `identifyAccount` set.
pub fn requested_parent(details: &Map<String, Value>) -> Option<String> {
    details.get(PARENT).and_then(id).filter(|id| is_address(id))
}
