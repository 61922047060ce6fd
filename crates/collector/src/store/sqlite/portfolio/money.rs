//! Recurring revenue by account.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::{
    model::financial::Amount,
    store::{
        portfolio::{Forest, Money, Own, RECURRING_REVENUE, sum_of_latest},
        sqlite::rows::AccountRow,
    },
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

/// Reads the latest recurring revenue of an account with its descendants. Deactivated accounts, and
/// those below one, have none.
pub(in crate::store::sqlite) fn of_account(
    conn: &Connection,
    account: AccountRow,
    now: i64,
) -> rusqlite::Result<Money> {
    let mut statement = conn.prepare_cached(
        "WITH RECURSIVE above (no, parent_no, is_deleted) AS (
             SELECT no, parent_no, is_deleted FROM accounts WHERE no = ?1
             UNION ALL
             SELECT a.no, a.parent_no, a.is_deleted
             FROM above JOIN accounts a ON a.no = above.parent_no
         ), below (no) AS (
             SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM above WHERE is_deleted)
             UNION ALL
             SELECT a.no FROM below JOIN accounts a ON a.parent_no = below.no
             WHERE a.is_deleted = 0
         )
         SELECT f.account_no, f.currency, f.amount
         FROM below CROSS JOIN financials f ON f.account_no = below.no
         WHERE lower(trim(f.name)) = ?2 AND f.date <= ?3 ORDER BY f.date, f.no",
    )?;
    let mut rows = statement.query(params![account, RECURRING_REVENUE, now])?;
    let mut latest = BTreeMap::new();
    while let Some(row) = rows.next()? {
        // A later record replaces an earlier one, whatever its currency.
        let amount = Amount(row.get::<_, i64>(2)?.into());
        latest.insert(row.get(0)?, (row.get(1)?, amount));
    }
    Ok(sum_of_latest(latest))
}
