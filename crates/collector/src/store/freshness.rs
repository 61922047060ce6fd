//! How far the aggregated data lags behind the events that have arrived.

/// How far ClickHouse lags behind PostgreSQL. Answers are complete even so: they also count the
/// events that have not been shipped yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Number of events that have not been shipped.
    pub events: i64,
    /// Age of the oldest of them in ms; 0 when there are none.
    pub age: i64,
}
