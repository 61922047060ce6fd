//! The records of an account, summed up.

use serde::Serialize;

use crate::model::financial::Amount;

/// The financial records of one currency. An amount that is recorded again, such as a monthly
/// revenue, replaces the earlier one of the same account and name, whatever its currency. There is
/// no total across names: yearly, monthly and one-time amounts cannot be added up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CurrencySum {
    /// Currency code of ISO 4217.
    pub currency: String,
    /// Number of records.
    pub records: i64,
    /// The sums by name.
    pub by_name: Vec<NamedSum>,
}

/// The financial records of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedSum {
    /// The name.
    pub name: String,
    /// Sum over all accounts of their latest amount.
    pub amount: Amount,
    /// Number of records.
    pub records: i64,
    /// The amounts of each month that has a record, in chronological order.
    pub by_month: Vec<MonthSum>,
}

/// The financial records of one name and month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthSum {
    /// The month in UTC, as `2024-05`.
    pub month: String,
    /// Sum over all accounts of their latest amount of the month.
    pub amount: Amount,
    /// Number of records.
    pub records: i64,
}

/// The records of an account, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Financial records of the account and its subtree.
    pub financials: Vec<CurrencySum>,
    /// Number of support tickets of the account itself.
    pub support_tickets: i64,
    /// Number of interactions with the account itself.
    pub interactions: i64,
    /// Number of notes on the account itself.
    pub notes: i64,
}
