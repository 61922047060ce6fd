//! A period and the one before, with which it is compared.

/// Number of the period itself in pairs of figures.
pub(in crate::store) const NOW: usize = 0;
/// Number of the period before.
pub(in crate::store) const BEFORE: usize = 1;
