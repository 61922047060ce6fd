//! One page of a list.

/// The part of a list that a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Records on a page.
    pub limit: i64,
    /// Number of the page, from 1.
    pub number: i64,
}

impl Page {
    /// Number of records on the pages before this one.
    pub fn offset(self) -> i64 {
        (self.number - 1).saturating_mul(self.limit)
    }
}
