//! The choice of a period.

use crate::model::calendar::Day;

/// The choice of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeriodChoice {
    /// No choice: the page shows its default period.
    Default,
    /// A period with a name.
    Named(NamedPeriod),
    /// A span of days. Without an end it ends today; without a beginning it is the last day
    /// alone.
    Days { from: Option<Day>, to: Option<Day> },
}

/// A period that ends with the last complete day, or all time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedPeriod {
    Week,
    FourWeeks,
    Quarter,
    Year,
    AllTime,
}

impl NamedPeriod {
    /// Every named period, from the shortest to the longest.
    pub(crate) const ALL: [NamedPeriod; 5] = [
        NamedPeriod::Week,
        NamedPeriod::FourWeeks,
        NamedPeriod::Quarter,
        NamedPeriod::Year,
        NamedPeriod::AllTime,
    ];

    /// Its value in the query of an address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            NamedPeriod::Week => "7d",
            NamedPeriod::FourWeeks => "28d",
            NamedPeriod::Quarter => "90d",
            NamedPeriod::Year => "365d",
            NamedPeriod::AllTime => "all",
        }
    }

    /// Its label.
    pub(crate) fn label(self) -> &'static str {
        match self {
            NamedPeriod::Week => "7 days",
            NamedPeriod::FourWeeks => "28 days",
            NamedPeriod::Quarter => "90 days",
            NamedPeriod::Year => "12 months",
            NamedPeriod::AllTime => "All time",
        }
    }

    /// Its number of days; `None` for all time.
    pub(crate) fn days(self) -> Option<i64> {
        match self {
            NamedPeriod::Week => Some(7),
            NamedPeriod::FourWeeks => Some(28),
            NamedPeriod::Quarter => Some(90),
            NamedPeriod::Year => Some(365),
            NamedPeriod::AllTime => None,
        }
    }
}
