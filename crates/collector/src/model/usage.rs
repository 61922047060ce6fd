//! The parameters of usage queries, and the usage that is not counted.

use serde::{Deserialize, Serialize};

use super::calendar::CalendarUnit;

/// A dimension by which usage is broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Dimension {
    Product,
    Module,
    Feature,
    User,
    /// The accounts in which it was recorded.
    Account,
    /// Days, as `2024-05-01`.
    Day,
    /// Weeks, by their Monday.
    Week,
    /// Months, as `2024-05`.
    Month,
}

impl Dimension {
    /// Its unit of the calendar; `None` for other dimensions.
    pub fn calendar_unit(self) -> Option<CalendarUnit> {
        match self {
            Dimension::Day => Some(CalendarUnit::Day),
            Dimension::Week => Some(CalendarUnit::Week),
            Dimension::Month => Some(CalendarUnit::Month),
            Dimension::Product
            | Dimension::Module
            | Dimension::Feature
            | Dimension::User
            | Dimension::Account => None,
        }
    }

    /// Whether it groups usage by what was used.
    pub fn is_name(self) -> bool {
        match self {
            Dimension::Product | Dimension::Module | Dimension::Feature => true,
            Dimension::User
            | Dimension::Account
            | Dimension::Day
            | Dimension::Week
            | Dimension::Month => false,
        }
    }

    /// Whether it groups usage by who used something. Rows of such a dimension have the times
    /// of first and last use.
    pub fn is_subject(self) -> bool {
        matches!(self, Dimension::User | Dimension::Account)
    }
}

/// A half-open span of time in ms since the Unix epoch: `to` is excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First ms of the span.
    pub from: i64,
    /// First ms after the span.
    pub to: i64,
}

impl Span {
    /// All time.
    pub const ALL: Span = Span {
        from: i64::MIN,
        to: i64::MAX,
    };

    /// Whether a time in ms since the Unix epoch lies in the span.
    pub fn contains(self, at: i64) -> bool {
        (self.from..self.to).contains(&at)
    }

    /// The part of the span before `end`.
    #[must_use]
    pub fn until(self, end: i64) -> Self {
        Span {
            from: self.from,
            to: self.to.min(end),
        }
    }

    /// Makes a span that is unbounded on the side of an absent bound. It is empty if both bounds
    /// are equal.
    ///
    /// # Errors
    /// When it would end before it begins. Whoever asks for such a span has swapped the bounds,
    /// and would take figures of zero for an answer.
    pub fn new(from: Option<i64>, to: Option<i64>) -> Result<Self, ReversedSpan> {
        let span = Span {
            from: from.unwrap_or(Span::ALL.from),
            to: to.unwrap_or(Span::ALL.to),
        };
        if span.from > span.to {
            let Span { from, to } = span;
            return Err(ReversedSpan { from, to });
        }
        Ok(span)
    }
}

/// The bounds of a span that would end before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "from is {from}, which is after to, {to}; from is the first ms of the span, and to the first ms after it"
)]
pub struct ReversedSpan {
    from: i64,
    to: i64,
}

/// Restricts a query to a part of the usage. An empty product, module or feature stands for
/// events without that name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Filter {
    pub product: Option<String>,
    pub module: Option<String>,
    pub feature: Option<String>,
    pub user: Option<String>,
}

/// Number of events that are stored but not counted, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Uncaptured {
    /// The account has children.
    pub non_leaf: i64,
    /// The user belongs to another account.
    pub user_conflict: i64,
}
