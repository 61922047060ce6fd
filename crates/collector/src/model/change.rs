//! How one field of a stored account or user is changed.

/// The change that a record describes for one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// The record does not mention the field.
    #[default]
    Keep,
    /// The record sets the field to `null`.
    Clear,
    /// The record sets a value.
    Set(T),
}

impl<T> Change<T> {
    /// The same change, with its value borrowed.
    pub fn as_ref(&self) -> Change<&T> {
        match self {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(value) => Change::Set(value),
        }
    }

    /// The same change, with its value converted.
    pub fn map<U>(self, stands_for: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(value) => Change::Set(stands_for(value)),
        }
    }

    /// Applies the change to a field. An older change only fills an empty
    /// field.
    pub fn apply(self, field: &mut Option<T>, precedence: Precedence) {
        match (self, precedence) {
            (Change::Set(value), Precedence::Newer) => *field = Some(value),
            (Change::Set(value), Precedence::Older) => {
                field.get_or_insert(value);
            }
            (Change::Clear, Precedence::Newer) => *field = None,
            (Change::Clear, Precedence::Older) | (Change::Keep, _) => {}
        }
    }
}

/// Whether a change is newer than the stored value. Events may arrive late and
/// in any order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precedence {
    /// The change replaces the stored value.
    Newer,
    /// The change only fills an empty field.
    Older,
}
