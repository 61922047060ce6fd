//! What goes first when not everything can be kept.

/// How much an event is worth keeping when not all can be kept, lowest first.
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
