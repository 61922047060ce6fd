//! Indexes of a period and the previous one in pairs of figures.

/// Index of the period.
pub(in crate::store) const NOW: usize = 0;
/// Index of the previous period.
pub(in crate::store) const BEFORE: usize = 1;
