//! The list of accounts, with their figures of a period and of the previous one.

mod assembly;
mod cached_names;
mod curve;
mod forest;
mod people;
mod period;
mod range;
mod row;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{
    financial::Amount,
    period::Before,
    usage::{Filter, Span},
};

pub(in crate::store) use assembly::Own;
pub(in crate::store) use cached_names::{CachedNames, Version};
pub(in crate::store) use curve::DAY_MS;
pub(in crate::store) use forest::{Forest, Uses};
pub(in crate::store) use period::{BEFORE, NOW};
pub use range::{Bound, ListRange, RangedField};

/// Selects accounts for a list.
#[derive(Debug, Clone)]
pub struct ListQuestion {
    /// The accounts that are listed.
    pub level: ListLevel,
    /// Whether to list the root of a subtree when nothing is below it. Otherwise somebody who may
    /// see only that account would see an empty list.
    pub with_lone_root: bool,
    /// Whether to include deactivated accounts and what is below them.
    pub with_deactivated: bool,
    /// The period.
    pub span: Span,
    /// The previous period, to which this one is compared.
    pub before: Option<Before>,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// Values that the accounts must have, by the name of the dimension. An empty text selects
    /// accounts without the dimension.
    pub dimensions: BTreeMap<String, String>,
    /// Ranges in which values of the accounts must lie.
    pub ranges: Vec<ListRange>,
    /// Words that the accounts must have in their name or id; `None` for all accounts.
    pub text: Option<String>,
    /// Financial records dated later than this do not count yet; in ms since the Unix epoch.
    pub now: i64,
}

/// Which accounts are listed, by their position in the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListLevel {
    /// Accounts without a parent, which are the customers. In a subtree: the accounts directly
    /// below its root.
    #[default]
    Top,
    /// Accounts without active children, for which usage is counted.
    Leaves,
    /// All accounts.
    All,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct Portfolio {
    /// The listed accounts, in no particular order.
    pub rows: Vec<PortfolioRow>,
    /// The figures of all listed accounts together. What two of them share is counted once.
    pub totals: PortfolioTotals,
    /// Number of accounts at this level, also those that filters leave out.
    pub accounts: usize,
    /// Every dimension of the accounts at this level, with its values and the number of accounts
    /// that have each value.
    pub dimensions: BTreeMap<String, BTreeMap<String, usize>>,
    /// Every product that was used in either period, and, when they are requested, the modules of
    /// the selected product and the features of the selected product and module.
    pub names: Names,
}

/// An account as an entry of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedAccount {
    /// Id that clients use.
    pub account_id: String,
    /// Display name.
    pub name: Option<String>,
    /// Name of its level of the hierarchy.
    pub hierarchy_label: Option<String>,
    /// Time at which it became a customer, in ms since the Unix epoch.
    pub join_date: Option<i64>,
    /// All other fields.
    pub details: Map<String, Value>,
    /// Whether it, or an account above it within the list, was deactivated.
    pub is_deleted: bool,
    /// Whether the customer has left: it, or an account above it within the list, has churned.
    pub is_churned: bool,
    /// Number of its children.
    pub children: usize,
}

impl ListedAccount {
    /// The name, or the id of an account without one.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.account_id)
    }
}

/// The figures of a period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeriodFigures {
    /// Sum of `total` over feature events.
    pub features: f64,
    /// Number of distinct users.
    pub users: i64,
    /// Sum of `active_duration` over `sessionSync`, in ms.
    pub active_time: i64,
    /// Sum of `time_spent` over `moduleEnd`, in ms.
    pub module_time: i64,
    /// Number of events of any action.
    pub events: i64,
}

/// An account of the list with its figures, which include its subtree.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioRow {
    /// The account.
    pub account: ListedAccount,
    /// Name of the account above it.
    pub parent: Option<String>,
    /// The figures of the period.
    pub now: PeriodFigures,
    /// The figures of the previous period; `None` when it begins before the first use.
    pub before: Option<PeriodFigures>,
    /// Number of users who belong to it. Deactivated users, and users of deactivated accounts, are
    /// not counted.
    pub members: i64,
    /// Number of members who were not active in the period.
    pub silent: i64,
    /// The quarter of an hour of its latest event of any kind, in ms since the Unix
    /// epoch.
    pub last_use: Option<i64>,
    /// The latest recurring revenue, by currency.
    pub revenue: Money,
    /// Feature uses for each day of the period; empty when the period is long.
    pub curve: Vec<f32>,
}

/// The figures of all listed accounts together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortfolioTotals {
    /// The figures of the period.
    pub now: PeriodFigures,
    /// The figures of the previous period; `None` when it begins before the first use of any of the
    /// accounts.
    pub before: Option<PeriodFigures>,
    /// Number of users who belong to the accounts and are not deactivated.
    pub members: i64,
    /// Number of members who were not active in the period.
    pub silent: i64,
    /// The latest recurring revenue, by currency.
    pub revenue: Money,
}

/// Name of the financial records that hold the recurring revenue; case is ignored.
pub const RECURRING_REVENUE: &str = "mrr";

/// Amounts by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Money(pub BTreeMap<String, Amount>);

impl Money {
    /// The largest amount of any currency, in units of the currency; `None` without an amount.
    pub fn largest(&self) -> Option<f64> {
        let amounts = self.0.values();
        amounts
            .map(|amount| amount.in_units())
            .max_by(f64::total_cmp)
    }

    pub(in crate::store) fn add(&mut self, other: &Money) {
        for (currency, amount) in &other.0 {
            self.0.entry(currency.clone()).or_default().0 += amount.0;
        }
    }
}

/// The sums by currency of the latest amount of each account, which are given by account number.
pub(in crate::store) fn sum_of_latest(latest: BTreeMap<i64, (String, Amount)>) -> Money {
    let mut sum = Money::default();
    for (currency, amount) in latest.into_values() {
        sum.0.entry(currency).or_default().0 += amount.0;
    }
    sum
}

/// Product, module and feature names in events, each with its number of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Products.
    pub products: BTreeMap<String, u64>,
    /// Modules.
    pub modules: BTreeMap<String, u64>,
    /// Features.
    pub features: BTreeMap<String, u64>,
}

/// The text of a field that can be a dimension; `None` for a list or an object.
pub fn dimension_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
