//! What an event reports.

use crate::{Id, Json, Number, Priority};

/// The `action` of an event, for both ends: the tracker writes it and the
/// collector reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ActionKind {
    /// A feature was used.
    Feature,
    /// Time in a module was reported: the module was left, or its time so far was closed.
    ModuleEnd,
    /// Active time since the previous one.
    SessionSync,
    /// The user stopped being active.
    SessionIdle,
    /// A page was opened.
    PageView,
    /// A page was left.
    PageViewEnd,
    /// What is known of the user.
    IdentifyUser,
    /// What is known of the account.
    IdentifyAccount,
}

impl ActionKind {
    /// Every kind.
    pub const ALL: [ActionKind; 8] = [
        ActionKind::Feature,
        ActionKind::ModuleEnd,
        ActionKind::SessionSync,
        ActionKind::SessionIdle,
        ActionKind::PageView,
        ActionKind::PageViewEnd,
        ActionKind::IdentifyUser,
        ActionKind::IdentifyAccount,
    ];

    /// The value of the `action` field.
    pub const fn name(self) -> &'static str {
        match self {
            ActionKind::Feature => "feature",
            ActionKind::ModuleEnd => "moduleEnd",
            ActionKind::SessionSync => "sessionSync",
            ActionKind::SessionIdle => "sessionIdle",
            ActionKind::PageView => "pageView",
            ActionKind::PageViewEnd => "pageViewEnd",
            ActionKind::IdentifyUser => "identifyUser",
            ActionKind::IdentifyAccount => "identifyAccount",
        }
    }

    /// The kind with this name. `None`: an action that a client invented.
    pub fn from_name(name: &str) -> Option<ActionKind> {
        ActionKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The priority, which decides what is dropped first when not everything can be kept.
    pub const fn priority(self) -> Priority {
        match self {
            ActionKind::PageView | ActionKind::PageViewEnd => Priority::PageView,
            ActionKind::SessionSync | ActionKind::SessionIdle => Priority::Sync,
            ActionKind::Feature | ActionKind::ModuleEnd => Priority::Usage,
            ActionKind::IdentifyUser | ActionKind::IdentifyAccount => Priority::Identify,
        }
    }
}

/// What an event reports, with the fields of its action. Durations are whole milliseconds
/// of active time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "the fields are the wire's own")]
pub enum Action<'a> {
    /// See [`ActionKind::Feature`].
    Feature {
        feature: Id<'a>,
        total: Number<'a>,
        module: Option<Id<'a>>,
        product: Option<Id<'a>>,
        details: Option<Json<'a>>,
    },
    /// See [`ActionKind::ModuleEnd`].
    ModuleEnd {
        module: Id<'a>,
        product: Option<Id<'a>>,
        time_spent: i64,
    },
    /// See [`ActionKind::SessionSync`].
    SessionSync { active_duration: i64 },
    /// See [`ActionKind::SessionIdle`].
    SessionIdle,
    /// See [`ActionKind::PageView`].
    PageView {
        url: &'a str,
        title: &'a str,
        referrer: &'a str,
    },
    /// See [`ActionKind::PageViewEnd`].
    PageViewEnd { url: &'a str, time_spent: i64 },
    /// See [`ActionKind::IdentifyUser`]. Absent details are an empty object.
    IdentifyUser { details: Option<Json<'a>> },
    /// See [`ActionKind::IdentifyAccount`]. Absent details are an empty object.
    IdentifyAccount { details: Option<Json<'a>> },
}

impl Action<'_> {
    /// Which kind of action it is.
    pub const fn kind(&self) -> ActionKind {
        match self {
            Action::Feature { .. } => ActionKind::Feature,
            Action::ModuleEnd { .. } => ActionKind::ModuleEnd,
            Action::SessionSync { .. } => ActionKind::SessionSync,
            Action::SessionIdle => ActionKind::SessionIdle,
            Action::PageView { .. } => ActionKind::PageView,
            Action::PageViewEnd { .. } => ActionKind::PageViewEnd,
            Action::IdentifyUser { .. } => ActionKind::IdentifyUser,
            Action::IdentifyAccount { .. } => ActionKind::IdentifyAccount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_name_and_no_other_text_is_one() {
        for kind in ActionKind::ALL {
            assert_eq!(ActionKind::from_name(kind.name()), Some(kind));
        }
        for wrong in ["", "Feature", "feature ", "login"] {
            assert_eq!(ActionKind::from_name(wrong), None);
        }
    }
}
