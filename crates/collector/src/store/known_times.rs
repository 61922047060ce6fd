//! The latest times that the clock has shown before.

/// The latest times that the store knows by the clock of its collectors, in ms since the Unix
/// epoch. `None` where there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownTimes {
    /// When the last event arrived, or when something was last erased.
    pub data: Option<i64>,
    /// When the newest living key was created.
    pub key: Option<i64>,
}
