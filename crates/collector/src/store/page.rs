//! One page of a list.

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Records on a page.
    pub limit: i64,
    /// Number of the page, from 1.
    pub number: i64,
}

impl Page {
    pub(super) fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.limit)
    }
}
