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
    /// The accounts that whoever asks may see.
    pub within: Visibility,
    /// Whether the usage of its subtree is included.
    pub rollup: bool,
    /// The dimension by which the usage is broken down.
    pub by: Option<Dimension>,
    /// The span in which the events were made.
    pub span: Span,
    /// The period before, where the figures are compared with it.
    pub before: Option<Before>,
    /// The time zone of days, weeks and months.
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
    /// Events that are stored and not counted.
    pub uncaptured: Uncaptured,
    /// The figures of the whole usage of the period before, where they are asked for.
    pub comparison: Option<Comparison>,
}
