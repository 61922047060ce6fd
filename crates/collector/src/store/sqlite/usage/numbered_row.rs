//! A row of a breakdown while the answer is assembled.

use serde_json::Value;

use crate::store::usage::{Totals, UsageRow};

/// A row with the number by which the tally identifies its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NumberedRow {
    pub(super) number: u32,
    pub(super) row: UsageRow,
}

impl NumberedRow {
    pub(super) fn new(key: Value, number: u32, totals: Totals) -> Self {
        NumberedRow {
            number,
            row: UsageRow::new(key, totals),
        }
    }

    /// Compares the keys of two rows. The row without a value comes last.
    pub(super) fn compare_keys(&self, other: &NumberedRow) -> std::cmp::Ordering {
        self.row.compare_keys(&other.row)
    }
}

impl AsRef<UsageRow> for NumberedRow {
    fn as_ref(&self) -> &UsageRow {
        &self.row
    }
}
