//! Questions about the pages of one account, and their answers.

use super::{
    account_report::AccountReport,
    alerts::Alert,
    portfolio::Money,
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

/// An account, and the accounts that the caller may see.
#[derive(Debug, Clone)]
pub struct AccountQuestion {
    /// Id of the account.
    pub account_id: String,
    /// The accounts that the caller may see.
    pub within: Visibility,
    /// Financial records dated later than this do not count yet; in ms since the Unix epoch.
    pub now: i64,
}

/// The period of a page.
#[derive(Debug, Clone)]
pub struct PagePeriod {
    /// Its span.
    pub span: Span,
    /// The previous period, to which this one is compared.
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
    /// The same bars of the previous period, as far as it has them.
    pub(in crate::store) bars_before: Vec<Before>,
}

impl PagePeriod {
    /// The bars of a chart. A chart of all time covers `used`: the times of the first and the last
    /// counted use.
    pub(in crate::store) fn chart(&self, kind: Bars, used: Option<(i64, i64)>) -> Chart {
        let zone = &self.time_zone;
        let all_time = || used.map(|(first, last)| (zone.day_at(first), zone.day_at(last).plus(1)));
        let days = self.days.or_else(all_time);
        let bars = days.map_or_else(Vec::new, |(from, end)| bars::bars(kind, from, end));
        // The same bars of the previous period, which may be shorter.
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
}

/// Maximum number of alerts that the page of an account lists.
pub(in crate::store) const MAX_ALERTS: i64 = 10;

/// What the header of all pages of an account shows.
#[derive(Debug, Clone, Default)]
pub struct AccountHeader {
    /// The account.
    pub account: Account,
    /// The tree, opened along the path to the account.
    pub tree: Tree,
    /// The path to the account, from the topmost account that the caller may see.
    pub path: Vec<TreeEntry>,
    /// Number of its descendants.
    pub descendants: i64,
    /// Number of its own users.
    pub users: i64,
    /// Its latest recurring revenue with that of its descendants, as in a list of accounts.
    pub revenue: Money,
}

/// A page of an account with its header; `None` when the account is unknown or the caller may not
/// see it.
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
    /// The length of one bar of the chart.
    pub bars: Bars,
}

/// The usage of an account over time and by product, module and feature.
#[derive(Debug, Clone)]
pub struct UsagePage {
    /// The figures.
    pub report: AccountReport,
    /// The days of each bar of the chart.
    pub bars: Vec<BarDays>,
    /// The time of the latest counted use over all time, roll-up included. It is read only when the
    /// report is empty or the account has alerts, so that the page can say when there was usage.
    pub last: Option<i64>,
    /// Feature uses of the parent account in the same period, if the caller may see it.
    pub of_parent: Option<f64>,
    /// The active alerts of the account.
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
