//! How far account and user details in events are trusted.

use natero_event::received::{id, is_address};
use serde_json::{Map, Value};

use super::{change::Change, details::is_empty};

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

    /// Whether the sender may change the parent of an account at all, and the details of an
    /// `identifyAccount` do so.
    pub fn changes_parent(self, details: &Map<String, Value>) -> bool {
        match (self, parent_change(details)) {
            (_, Change::Keep) => false,
            (Trust::Full, Change::Clear | Change::Set(_)) => true,
            (Trust::Public { .. }, Change::Clear) => false,
            (Trust::Public { may_set_parent }, Change::Set(_)) => may_set_parent,
        }
    }
}

/// The field that sets a parent.
pub(super) const PARENT: &str = "parent_account_id";

/// The parent that the details of an `identifyAccount` set.
pub fn requested_parent(details: &Map<String, Value>) -> Option<String> {
    details.get(PARENT).and_then(id).filter(|id| is_address(id))
}

/// How the details of an `identifyAccount` change the parent. An empty value clears it.
pub(super) fn parent_change(details: &Map<String, Value>) -> Change<String> {
    match (requested_parent(details), details.get(PARENT)) {
        (Some(parent), _) => Change::Set(parent),
        (None, Some(value)) if is_empty(value) => Change::Clear,
        (None, Some(_) | None) => Change::Keep,
    }
}
