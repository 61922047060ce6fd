//! A question about the usage of an account, and its answer.

use super::{
    figures::{Comparison, Totals, UsageRow},
    row_page::RowPage,
};
use crate::model::{
    calendar::TimeZone,
    period::Before,
    usage::{Dimension, Filter, Span, Uncaptured},
    visibility::Visibility,
};

/// A question about the usage of an account.
#[derive(Debug, Clone)]
pub struct UsageQuestion {
    /// Id of the account.
    pub account_id: String,
    /// The accounts that the caller may see.
    pub within: Visibility,
    /// Whether the usage of its subtree is included.
    pub rollup: bool,
    /// The dimension by which the usage is broken down.
    pub by: Option<Dimension>,
    /// The span in which the events were made.
    pub span: Span,
    /// The previous period, when the figures are to be compared with it.
    pub before: Option<Before>,
    /// The time zone in which days, weeks and months begin.
    pub time_zone: TimeZone,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// The rows that are returned.
    pub page: RowPage,
}

/// The result of a query for usage.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageReport {
    /// The figures of the whole usage.
    pub totals: Totals,
    /// The figures of each value of the dimension.
    pub rows: Vec<UsageRow>,
    /// The text of the cursor of the next page of rows; `None` on the last page.
    pub next: Option<String>,
    /// Events that are stored but not counted.
    pub uncaptured: Uncaptured,
    /// The figures of the whole usage of the previous period, if they were requested.
    pub comparison: Option<Comparison>,
}
