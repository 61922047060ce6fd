//! How one field of a stored account or user is changed.

/// What a record says about one field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
