//! A period and the one before, with which it is compared.

/// Number of the period itself in pairs of figures.
pub(in crate::store::sqlite) const NOW: usize = 0;
/// Number of the period before.
pub(in crate::store::sqlite) const BEFORE: usize = 1;
