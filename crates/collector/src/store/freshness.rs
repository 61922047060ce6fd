//! How far what is added up is behind what has arrived.

/// How far ClickHouse is behind PostgreSQL. Questions count what it lacks even so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Number of events that are not shipped.
    pub events: i64,
    /// Age of the oldest of them in ms; 0 without any.
    pub age: i64,
}
