//! The action of a received event.

use smol_str::SmolStr;

use crate::ActionKind;

/// The `action` of a received event. Clients may invent actions; such events are stored
/// and counted like others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceivedAction {
    /// An action of the contract.
    Known(ActionKind),
    /// An action that a client invented, by its name.
    Custom(SmolStr),
}

impl ReceivedAction {
    /// The value of the `action` field.
    pub fn name(&self) -> &str {
        match self {
            ReceivedAction::Known(kind) => kind.name(),
            ReceivedAction::Custom(name) => name,
        }
    }

    /// The kind of an action of the contract.
    pub fn kind(&self) -> Option<ActionKind> {
        match self {
            ReceivedAction::Known(kind) => Some(*kind),
            ReceivedAction::Custom(_) => None,
        }
    }
}

impl From<&str> for ReceivedAction {
    fn from(name: &str) -> Self {
        match ActionKind::from_name(name) {
            Some(kind) => ReceivedAction::Known(kind),
            None => ReceivedAction::Custom(name.into()),
        }
    }
}
