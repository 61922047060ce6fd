//! Questions about the pages of one account, and their answers.

use super::{
    account_report::AccountReport,
    alerts::Alert,
    tree::{Tree, TreeEntry},
};
use crate::model::{
    account::Account,
    bars::{BarDays, Bars},
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
