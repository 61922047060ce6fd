//! How far a move has come.

/// How far the events and figures were moved. Figures come first, then events by the
/// month in which they were made, and within a month by their numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Position {
    /// Number of rows of figures that were moved.
    pub figures: i64,
    /// The month of the last event that was moved, since January 1970.
    pub month: i32,
    /// The number of that event; 0 before the first.
    pub event: i64,
}

/// How a move begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Nothing was moved yet.
    Fresh,
    /// It broke off here, and goes on.
    Broken(Position),
    /// All was moved then, in ms since the Unix epoch.
    Over(i64),
}
