//! The progress of a migration.

/// How many of the figures and events have been copied. Figures come first, then events by the
/// month in which they were made, and within a month by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Number of rows of figures that were copied.
    pub figures: i64,
    /// The month of the last copied event, counted from January 1970.
    pub month: i32,
    /// The number of that event; 0 before the first.
    pub event: i64,
}

/// The state in which a migration finds its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// Nothing has been copied yet.
    NotStarted,
    /// An earlier migration was interrupted here, and this one continues.
    Interrupted(Position),
    /// A migration was completed at this time, in ms since the Unix epoch.
    Completed(i64),
}
