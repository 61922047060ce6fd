//! Which events are dropped first when not everything can be kept.

/// The priority of an event when not everything can be kept, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Page views.
    PageView,
    /// Session time.
    Sync,
    /// Product usage: features and module times.
    Usage,
    /// Identifications.
    Identify,
}
