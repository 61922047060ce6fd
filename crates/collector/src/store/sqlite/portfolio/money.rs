//! Recurring revenue by account.

use rusqlite::{Connection, params};

use super::forest::Forest;
use crate::{
    model::financial::Amount,
    store::{
        portfolio::{Money, RECURRING_REVENUE},
        sqlite::rows::AccountRow,
    },
};

/// The latest recurring revenue of each account itself, in its currency. A deactivated
/// account has none: it counts for no account above it.
pub(super) fn read(conn: &Connection, forest: &Forest, now: i64) -> rusqlite::Result<Vec<Money>> {
    let mut money = vec![Money::default(); forest.len()];
    let mut statement = conn.prepare_cached(
        "SELECT account_no, currency, amount FROM financials
         WHERE lower(trim(name)) = ?1 AND date <= ?2 ORDER BY date, no",
    )?;
    let mut rows = statement.query(params![RECURRING_REVENUE, now])?;
    while let Some(row) = rows.next()? {
        if let Some(at) = forest.index(row.get::<_, AccountRow>(0)?)
            && !forest.account(at).is_deleted
        {
            // A later record replaces the earlier one, whatever its currency.
            let amount = Amount(row.get::<_, i64>(2)?.into());
            money[at] = Money([(row.get(1)?, amount)].into());
        }
    }
    Ok(money)
}
