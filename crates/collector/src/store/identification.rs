//! The subject and time of an identification.

use natero_event::ActionKind;

/// When an identification counts as made: at the time it states, but not after its arrival. A time
/// in the future would otherwise override what others say until then.
pub(in crate::store) fn identified_at(created_at: i64, received_at: i64) -> i64 {
    created_at.min(received_at)
}

/// What an identification describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::store) enum Subject {
    Account,
    User,
}

impl Subject {
    /// The subject of an event; `None` when it is not an identification.
    pub(in crate::store) fn of(action: ActionKind) -> Option<Self> {
        match action {
            ActionKind::IdentifyAccount => Some(Subject::Account),
            ActionKind::IdentifyUser => Some(Subject::User),
            ActionKind::Feature
            | ActionKind::ModuleEnd
            | ActionKind::SessionSync
            | ActionKind::SessionIdle
            | ActionKind::PageView
            | ActionKind::PageViewEnd => None,
        }
    }
}
