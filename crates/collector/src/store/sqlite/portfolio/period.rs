//! A period and the one before, with which it is compared.

use crate::{model::usage::Span, store::sqlite::facts::QUARTER_MS};

/// Number of the period itself in pairs of figures.
pub(in crate::store::sqlite) const NOW: usize = 0;
/// Number of the period before.
pub(in crate::store::sqlite) const BEFORE: usize = 1;

/// The period before another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Its span, which ends where the other begins, or before.
    pub span: Span,
    /// The first ms after its first day.
    pub first_day_end: i64,
}

impl Before {
    /// Whether figures can be compared with those of this period: it must not reach
    /// before the first use, which may be on its first day. `first` is a quarter of
    /// an hour since the Unix epoch.
    pub(in crate::store::sqlite) fn is_comparable(&self, first: Option<u32>) -> bool {
        first.is_some_and(|quarter| i64::from(quarter) * QUARTER_MS < self.first_day_end)
    }

    /// Whether a time lies in it.
    #[inline]
    pub(in crate::store::sqlite) fn contains(&self, at: i64) -> bool {
        (self.span.from..self.span.to).contains(&at)
    }
}
