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

/// Most quarters of an hour of a session whose events are read. A server that sends all of its
/// events in one session must not make a page read months of them.
pub(in crate::store) const MAX_QUARTERS: usize = 192;

/// A question about what a user did, session by session.
#[derive(Debug, Clone)]
pub struct UserPageQuestion {
    /// Id of the user.
    pub user_id: String,
    /// The accounts that whoever asks may see.
    pub within: Visibility,
    /// The period.
    pub period: PagePeriod,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// Whether all time is as long as there is usage of the account's subtree, and not
    /// only of the account alone.
    pub rollup: bool,
    /// The time that a bar of the chart stands for.
    pub bars: Bars,
    /// The page of the list of sessions, from 1. A page after the last is the last.
    pub page: usize,
    /// Sessions on a page.
    pub sessions: usize,
    /// Most events of a session.
    pub events: usize,
}

impl UserPageQuestion {
    /// The page of a list of so many sessions, and which of them it shows.
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
    /// The tree, opened along the path to that account.
    pub tree: Tree,
    /// The figures.
    pub report: AccountReport,
    /// The days of each bar of the chart.
    pub bars: Vec<BarDays>,
    /// The sessions of the page, the latest first.
    pub sessions: Vec<UserSession>,
    /// Number of events of the period that are kept and do not count, of whatever account
    /// they name; read only where none of the period does.
    pub uncounted: u64,
    /// Number of entries of the list of sessions of the period.
    pub count: usize,
    /// Whether one of them stands for the events without a session.
    pub has_loose_events: bool,
    /// The page of the list of sessions, from 1.
    pub page: usize,
}

/// A session of a user with its events.
#[derive(Debug, Clone, PartialEq)]
pub struct UserSession {
    /// Its id; `None` for the events without a session.
    pub session_id: Option<String>,
    /// First ms of the quarter of an hour of its first event.
    pub begins: i64,
    /// Number of events of any action.
    pub count: u64,
    /// Sum of `total` over feature events.
    pub features: f64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: u64,
    /// Its events in the order in which they were made, as far as they are still
    /// stored.
    pub events: Vec<Value>,
    /// Whether there are more events.
    pub has_more: bool,
}
