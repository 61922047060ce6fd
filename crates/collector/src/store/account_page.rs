//! Questions about the pages of one account, and their answers.

use super::{
    account_report::AccountReport,
    alerts::Alert,
    tree::{Tree, TreeEntry},
};
use crate::model::{
    account::Account,
    bars::{self, BarDays, Bars},
    calendar::{Day, TimeZone},
    period::Before,
    usage::{Filter, Span},
    visibility::Visibility,
};

/// An account, and who asks about it.
#[derive(Debug, Clone)]
pub struct AccountQuestion {
    /// Id of the account.
    pub account_id: String,
    /// The accounts that whoever asks may see.
    pub within: Visibility,
}

/// The period of a page.
#[derive(Debug, Clone)]
pub struct PagePeriod {
    /// Its span.
    pub span: Span,
    /// The period before, with which it is compared.
    pub before: Option<Before>,
    /// Its first day and the day after its last one; `None` for all time.
    pub days: Option<(Day, Day)>,
    /// The time zone of its days.
    pub time_zone: TimeZone,
}

/// The bars of a chart, and the spans for which they stand.
#[derive(Debug)]
pub(in crate::store) struct Chart {
    /// The days of each bar.
    pub(in crate::store) days: Vec<BarDays>,
    /// The span of each bar.
    pub(in crate::store) bars: Vec<Span>,
    /// The same bars of the period before, as far as that reaches.
    pub(in crate::store) bars_before: Vec<Before>,
}

impl PagePeriod {
    /// The bars of a chart. All time is as long as there is usage: from the first to the
    /// last time that is `used`.
    pub(in crate::store) fn chart(&self, kind: Bars, used: Option<(i64, i64)>) -> Chart {
        let zone = &self.time_zone;
        let all_time = || used.map(|(first, last)| (zone.day_at(first), zone.day_at(last).plus(1)));
        let days = self.days.or_else(all_time);
        let bars = days.map_or_else(Vec::new, |(from, end)| bars::bars(kind, from, end));
        // The same bars, so many days earlier, as far as the period before reaches.
        let bars_before = match (self.days, self.before) {
            (Some((from, end)), Some(before)) => bars
                .iter()
                .map(|bar| bar.earlier(from.until(end)))
                .map(|bar| Before {
                    span: Span {
                        from: zone.start_of(bar.first),
                        to: zone.start_of(bar.end).min(before.span.to),
                    },
                    first_day_end: zone.start_of(bar.first.plus(1)),
                })
                .collect(),
            _ => Vec::new(),
        };
        Chart {
            bars: bars.iter().map(|days| days.span(zone)).collect(),
            days: bars,
            bars_before,
        }
    }

    /// The first ms of each day, and of the day after the last; empty for all time, whose
    /// days are not counted.
    pub(in crate::store) fn day_starts(&self) -> Vec<i64> {
        self.days.map_or_else(Vec::new, |(from, end)| {
            bars::day_starts(from, end, &self.time_zone)
        })
    }
}

/// Most alerts that the page of an account lists.
pub(in crate::store) const MAX_ALERTS: i64 = 10;

/// What the header of all pages of an account shows.
#[derive(Debug, Clone, Default)]
pub struct AccountHeader {
    /// The account.
    pub account: Account,
    /// The tree, opened along the path to the account.
    pub tree: Tree,
    /// The path to the account, from the first account that may be seen.
    pub path: Vec<TreeEntry>,
    /// Number of its descendants.
    pub descendants: i64,
    /// Number of its own users.
    pub users: i64,
}

/// A page of an account with its header; `None` when the account is unknown or not to
/// be seen.
pub type AccountPage<T> = Option<(AccountHeader, T)>;

/// A question about the usage of an account over time and by product, module and
/// feature.
#[derive(Debug, Clone)]
pub struct UsagePageQuestion {
    /// The account.
    pub account: AccountQuestion,
    /// The period.
    pub period: PagePeriod,
    /// Whether the usage of its subtree is included.
    pub rollup: bool,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// The time that a bar of the chart stands for.
    pub bars: Bars,
}

/// The usage of an account over time and by product, module and feature.
#[derive(Debug, Clone)]
pub struct UsagePage {
    /// The figures.
    pub report: AccountReport,
    /// The days of each bar of the chart.
    pub bars: Vec<BarDays>,
    /// The time of the latest counted use over all time, with the roll-up; read only
    /// where the report is empty, for a page that says where there is more to see.
    pub last: Option<i64>,
    /// Feature uses of the account above in the same period, if that may be seen.
    pub of_parent: Option<f64>,
    /// The alerts of the account that hold.
    pub alerts: Vec<Alert>,
}

/// A question about the users of an account.
#[derive(Debug, Clone)]
pub struct PeopleQuestion {
    /// The account.
    pub account: AccountQuestion,
    /// The period.
    pub period: PagePeriod,
    /// Whether the users of its subtree are included.
    pub rollup: bool,
    /// The part of the usage that counts.
    pub filter: Filter,
}
