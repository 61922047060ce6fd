//! The financial records of a subtree, summed up by currency, name and month.

use rusqlite::{Connection, params};

use super::rows::AccountRow;
use crate::{
    model::{financial::Amount, rollup::FigureKind},
    store::{
        financial_sums::{FinancialRow, FinancialSums},
        summary::CurrencySum,
    },
};

/// Sums up the financial records of an account and its subtree that are dated until
/// `now`. An amount replaces the earlier ones of its account and name, whatever the
/// currency. Deactivated accounts below do not count.
///
/// # Errors
/// Those of SQLite.
pub(super) fn read(
    conn: &Connection,
    account: AccountRow,
    now: i64,
) -> rusqlite::Result<Vec<CurrencySum>> {
    let mut statement = conn.prepare_cached(
        // Only accounts with records are asked whether they are deactivated: those of the
        // subtree are read from the index of parents alone.
        "WITH RECURSIVE scope (no) AS (
             SELECT ?1 UNION ALL
             SELECT a.no FROM scope JOIN accounts a ON a.parent_no = scope.no WHERE ?2
         )
         SELECT f.account_no, f.currency, f.name, f.amount,
             IFNULL(strftime('%Y-%m', f.date / 1000, 'unixepoch'), '')
         FROM scope CROSS JOIN financials f ON f.account_no = scope.no
             CROSS JOIN accounts owner ON owner.no = f.account_no
         WHERE (owner.no = ?1 OR owner.is_deleted = 0) AND f.date <= ?3 ORDER BY f.date, f.no",
    )?;
    let mut rows = statement.query(params![account, FigureKind::Financials.rolls_up(), now])?;
    let mut sums = FinancialSums::default();
    while let Some(row) = rows.next()? {
        sums.add(FinancialRow {
            account: row.get::<_, AccountRow>(0)?.number(),
            currency: row.get(1)?,
            name: row.get(2)?,
            amount: Amount(row.get::<_, i64>(3)?.into()),
            month: row.get(4)?,
        });
    }
    Ok(sums.finish())
}
