//! The previous period, with which a period is compared.

use super::{quarter::QUARTER_MS, usage::Span};

/// The previous period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Its span, which ends at or before the start of the current period.
    pub span: Span,
    /// The first ms after its first day.
    pub first_day_end: i64,
}

impl Before {
    /// Whether figures can be compared with those of this period. It must not reach back
    /// before the first use, which may be on its first day. `first` is in quarters of an hour
    /// since the Unix epoch.
    pub fn is_comparable(&self, first: Option<u32>) -> bool {
        first.is_some_and(|quarter| i64::from(quarter) * QUARTER_MS < self.first_day_end)
    }

    /// Whether it contains a time.
    #[inline]
    pub fn contains(&self, at: i64) -> bool {
        (self.span.from..self.span.to).contains(&at)
    }
}
