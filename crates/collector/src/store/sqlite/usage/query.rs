//! A query for usage, and its result.

use crate::{
    model::{
        calendar::TimeZone,
        usage::{Dimension, Filter, Span, Uncaptured},
    },
    store::{
        sqlite::rows::AccountRow,
        usage::{Totals, UsageReport},
    },
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

impl UsageReport {
    /// The report when no event can pass the filter.
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
