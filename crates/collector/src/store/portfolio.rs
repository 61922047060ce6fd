//! The list of accounts with their figures of a period and of the one before.

mod assembly;
mod curve;
mod forest;
mod kept_names;
mod people;
mod period;
mod row;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::model::{
    financial::Amount,
    period::Before,
    usage::{Filter, Span},
};

pub(in crate::store) use assembly::Own;
pub(in crate::store) use curve::DAY_MS;
pub(in crate::store) use forest::Forest;
pub(in crate::store) use kept_names::{KeptNames, Version};
pub(in crate::store) use period::{BEFORE, NOW};

/// A question about many accounts.
#[derive(Debug, Clone)]
pub struct ListQuestion {
    /// The accounts that are listed.
    pub level: ListLevel,
    /// Whether an account is listed with nothing below it where the list is about that
    /// alone: it is all that somebody may see. What is below such an account is nothing.
    pub with_lone_root: bool,
    /// Whether those are listed, too, that were deactivated, and what is below such.
    pub with_deactivated: bool,
    /// The period.
    pub span: Span,
    /// The period before, with which it is compared.
    pub before: Option<Before>,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// Values that the accounts must have, by the name of the dimension.
    pub dimensions: BTreeMap<String, String>,
    /// Words that the accounts must have in their name or id; `None` for all accounts.
    pub text: Option<String>,
    /// Financial records that are dated later do not count yet; in ms since the
    /// Unix epoch.
    pub now: i64,
}

/// The accounts of a list, by their place in the tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListLevel {
    /// Accounts without a parent, the customers; of a subtree, the accounts directly
    /// below its root.
    #[default]
    Top,
    /// Accounts without active children, where usage is captured.
    Leaves,
    /// All accounts.
    All,
}

/// The answer.
#[derive(Debug, Clone, Default)]
pub struct Portfolio {
    /// The listed accounts, in no particular order.
    pub rows: Vec<PortfolioRow>,
    /// The figures of all listed accounts together. What two of them share is
    /// counted once.
    pub totals: PortfolioTotals,
    /// Every dimension that an account of the level has, with its values and the
    /// number of accounts that have each.
    pub dimensions: BTreeMap<String, BTreeMap<String, usize>>,
    /// Every product that was used in either period, the modules of the selected
    /// product, and the features of the selected product and module, where they are
    /// collected.
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
    /// Whether it was deactivated, or an account above it within the list.
    pub is_deleted: bool,
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
    /// Those of the period before; `None` where it reaches before the first use.
    pub before: Option<PeriodFigures>,
    /// Number of users who belong to it. Users who were deactivated, and those of
    /// accounts that were, do not count.
    pub members: i64,
    /// Number of members who were not active in the period.
    pub silent: i64,
    /// The quarter of an hour of its latest event of any kind, in ms since the Unix
    /// epoch.
    pub last_use: Option<i64>,
    /// The latest recurring revenue, by currency.
    pub revenue: Money,
    /// Feature uses day by day of the period; empty for a long one.
    pub curve: Vec<f32>,
}

/// The figures of all listed accounts together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PortfolioTotals {
    /// The figures of the period.
    pub now: PeriodFigures,
    /// Those of the period before; `None` where it reaches before the first use of
    /// any of the accounts.
    pub before: Option<PeriodFigures>,
    /// Number of users who belong to the accounts and were not deactivated.
    pub members: i64,
    /// Number of members who were not active in the period.
    pub silent: i64,
    /// The latest recurring revenue, by currency.
    pub revenue: Money,
}

/// Name of the financial records that are the recurring revenue, in any case.
pub const RECURRING_REVENUE: &str = "mrr";

/// Amounts by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Money(pub BTreeMap<String, Amount>);

impl Money {
    pub(in crate::store) fn add(&mut self, other: &Money) {
        for (currency, amount) in &other.0 {
            self.0.entry(currency.clone()).or_default().0 += amount.0;
        }
    }
}

/// The names that events have had, by what they name, each with the number of its
/// events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Products.
    pub products: BTreeMap<String, u64>,
    /// Modules.
    pub modules: BTreeMap<String, u64>,
    /// Features.
    pub features: BTreeMap<String, u64>,
}

/// The text of a field that can be a dimension: no list and no object.
pub fn dimension_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
