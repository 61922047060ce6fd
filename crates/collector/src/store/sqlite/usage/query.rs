//! A query for usage, and its result.

use super::figures::{Comparison, Totals, UsageRow};
use crate::{
    model::{
        calendar::TimeZone,
        usage::{Dimension, Filter, Span, Uncaptured},
    },
    store::sqlite::rows::AccountRow,
};

/// A query for usage.
#[derive(Debug, Clone)]
pub struct UsageQuery {
    /// The account whose usage is returned.
    pub account: AccountRow,
    /// Whether the usage of its subtree is included.
    pub rollup: bool,
    /// The dimension by which the usage is broken down.
    pub by: Option<Dimension>,
    /// The span in which the events were made.
    pub span: Span,
    /// The time zone of days, weeks and months.
    pub time_zone: TimeZone,
    /// The part of the usage that counts.
    pub filter: Filter,
}

/// The result of a query for usage.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageReport {
    /// The figures of the whole usage.
    pub totals: Totals,
    /// The figures of each value of the dimension.
    pub rows: Vec<UsageRow>,
    /// The key after which the next page of rows begins; `None` on the last page.
    pub next: Option<String>,
    /// Events that are stored and not counted.
    pub uncaptured: Uncaptured,
    /// The figures of the whole usage of the period before, where they are asked for.
    pub comparison: Option<Comparison>,
}

impl UsageReport {
    /// The report where no event has what the filter names.
    pub(super) fn empty() -> Self {
        UsageReport {
            totals: Totals::default(),
            rows: Vec::new(),
            next: None,
            uncaptured: Uncaptured::default(),
            comparison: None,
        }
    }
}
