//! Recurring revenue by account.

use rusqlite::{Connection, params};

use crate::{
    model::financial::Amount,
    store::portfolio::{Forest, Money, Own, RECURRING_REVENUE},
};

/// Reads the latest recurring revenue of each account, without its subtree, in its currency.
/// Deactivated accounts have none, so they do not count for their ancestors.
pub(super) fn read(
    conn: &Connection,
    forest: &Forest,
    now: i64,
    own: &mut Own,
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT account_no, currency, amount FROM financials
         WHERE lower(trim(name)) = ?1 AND date <= ?2 ORDER BY date, no",
    )?;
    let mut rows = statement.query(params![RECURRING_REVENUE, now])?;
    while let Some(row) = rows.next()? {
        if let Some(at) = forest.index(row.get(0)?)
            && !forest.account(at).is_deleted
        {
            // A later record replaces an earlier one, whatever its currency.
            let amount = Amount(row.get::<_, i64>(2)?.into());
            own.money[at] = Money([(row.get(1)?, amount)].into());
        }
    }
    Ok(())
}
