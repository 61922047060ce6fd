//! A question about the page of a user, and its answer.

use std::ops::Range;

use serde_json::Value;

use super::{account_page::PagePeriod, account_report::AccountReport, tree::Tree};
use crate::model::{
    bars::{BarDays, Bars},
    usage::Filter,
    user::User,
    visibility::Visibility,
};

/// Maximum number of quarters of an hour for which the events of a session are read. A server that
/// sends all of its events in one session must not make a page read months of them.
pub(in crate::store) const MAX_QUARTERS: usize = 192;

/// A question about what a user did, session by session.
#[derive(Debug, Clone)]
pub struct UserPageQuestion {
    /// Id of the user.
    pub user_id: String,
    /// The accounts that the caller may see.
    pub within: Visibility,
    /// The period.
    pub period: PagePeriod,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// Whether the chart of all time spans the usage of the account's whole subtree, not only of
    /// the account itself.
    pub rollup: bool,
    /// The length of one bar of the chart.
    pub bars: Bars,
    /// The page of the list of sessions, from 1. A number beyond the last page selects the last.
    pub page: usize,
    /// Number of sessions on a page.
    pub sessions: usize,
    /// Maximum number of events that are shown for a session.
    pub events: usize,
}

impl UserPageQuestion {
    /// The page of a list of `count` sessions, and the range of sessions that it shows.
    pub(in crate::store) fn page_of(&self, count: usize) -> (usize, Range<usize>) {
        let last = count.div_ceil(self.sessions).max(1);
        let page = self.page.clamp(1, last);
        let first = (page - 1) * self.sessions;
        (page, first..(first + self.sessions).min(count))
    }
}

/// What a user did.
#[derive(Debug, Clone)]
pub struct UserPage {
    /// The user.
    pub user: User,
    /// Name of the account to which the user belongs, or its id.
    pub account_name: String,
    /// The quarters of an hour of the user's first and latest counted events over all time, in ms
    /// since the Unix epoch, as far as the caller may see their accounts. `None` without any.
    pub seen: Option<(i64, i64)>,
    /// The tree, opened along the path to that account.
    pub tree: Tree,
    /// The figures.
    pub report: AccountReport,
    /// The days of each bar of the chart.
    pub bars: Vec<BarDays>,
    /// The sessions of the page, the latest first.
    pub sessions: Vec<UserSession>,
    /// Number of stored events of the period that do not count, whatever account they name. It is
    /// read only when no event of the period counts.
    pub uncounted: u64,
    /// Number of entries in the list of sessions of the period.
    pub count: usize,
    /// Whether one of the entries stands for the events without a session.
    pub has_loose_events: bool,
    /// The page of the list of sessions, from 1.
    pub page: usize,
}

/// A session of a user with its events.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSession {
    /// Its id; `None` for the events without a session.
    pub session_id: Option<String>,
    /// First ms of the quarter of an hour in which its first event lies.
    pub begins: i64,
    /// Number of events of any action.
    pub count: u64,
    /// Sum of `total` over feature events.
    pub features: f64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: u64,
    /// Its events that are still stored, in the order in which they were made.
    pub events: Vec<Value>,
    /// Whether it has more events than are listed.
    pub has_more: bool,
}
