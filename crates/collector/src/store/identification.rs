//! What identifications are about.

use natero_event::ActionKind;

/// What an identification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
