//! Recurring revenue by account.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::forest::Forest;
use crate::{model::financial::Amount, store::sqlite::rows::AccountRow};

/// Name of the financial records that are the recurring revenue, in any case.
pub const RECURRING_REVENUE: &str = "mrr";

/// Amounts by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Money(pub BTreeMap<String, Amount>);

impl Money {
    pub(super) fn add(&mut self, other: &Money) {
        for (currency, amount) in &other.0 {
            self.0.entry(currency.clone()).or_default().0 += amount.0;
        }
    }
}

/// The latest recurring revenue of each account itself, of each currency.
pub(super) fn read(conn: &Connection, forest: &Forest, now: i64) -> rusqlite::Result<Vec<Money>> {
    let mut money = vec![Money::default(); forest.len()];
    let mut statement = conn.prepare_cached(
        "SELECT account_no, currency, amount FROM financials
         WHERE name = ?1 COLLATE NOCASE AND date <= ?2 ORDER BY date, no",
    )?;
    let mut rows = statement.query(params![RECURRING_REVENUE, now])?;
    while let Some(row) = rows.next()? {
        if let Some(at) = forest.index(row.get::<_, AccountRow>(0)?) {
            // A later record replaces the earlier one.
            let amount = Amount(row.get::<_, i64>(2)?.into());
            money[at].0.insert(row.get(1)?, amount);
        }
    }
    Ok(money)
}
