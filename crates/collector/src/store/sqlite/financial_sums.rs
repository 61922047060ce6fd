//! The financial records of a subtree, summed up by currency, name and month.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::rows::AccountRow;
use crate::{
    model::{calendar::Month, financial::Amount, rollup::FigureKind},
    store::{
        financial_sums::{FinancialRow, FinancialSums},
        summary::CurrencySum,
    },
};

/// Sums up the financial records of an account and its subtree that are dated `now` or earlier. An
/// amount replaces the earlier one of the same account and name, whatever its currency. Deactivated
/// descendants, and what is below them, do not count.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn read(
    conn: &Connection,
    account: AccountRow,
    now: i64,
) -> rusqlite::Result<Vec<CurrencySum>> {
    let mut statement = conn.prepare_cached(
        // The subtree is read from the index of parents alone. Whether an account is deactivated is
        // only looked up for accounts with records and their ancestors.
        "WITH RECURSIVE scope (no) AS (
             SELECT ?1 UNION ALL
             SELECT a.no FROM scope JOIN accounts a ON a.parent_no = scope.no WHERE ?2
         )
         SELECT f.account_no, f.currency, f.name, f.amount, f.date
         FROM scope CROSS JOIN financials f ON f.account_no = scope.no
         WHERE f.date <= ?3 ORDER BY f.date, f.no",
    )?;
    let mut rows = statement.query(params![account, FigureKind::Financials.rolls_up(), now])?;
    let mut sums = FinancialSums::default();
    let mut counted = CountedAccounts(HashMap::from([(account, true)]));
    while let Some(row) = rows.next()? {
        let owner: AccountRow = row.get(0)?;
        if !counted.contains(conn, owner)? {
            continue;
        }
        sums.add(FinancialRow {
            account: owner.number(),
            currency: row.get(1)?,
            name: row.get(2)?,
            amount: Amount(row.get::<_, i64>(3)?.into()),
            month: Month::at(row.get(4)?).to_string(),
        });
    }
    Ok(sums.finish())
}

/// Cached decisions on whether an account of the subtree counts. The root does, and so does every
/// active child of an account that counts.
struct CountedAccounts(HashMap<AccountRow, bool>);

impl CountedAccounts {
    fn contains(&mut self, conn: &Connection, account: AccountRow) -> rusqlite::Result<bool> {
        let mut find =
            conn.prepare_cached("SELECT parent_no, is_deleted FROM accounts WHERE no = ?1")?;
        let mut way = Vec::new();
        let mut at = Some(account);
        let counts = loop {
            let Some(of) = at else { break false };
            if let Some(known) = self.0.get(&of) {
                break *known;
            }
            way.push(of);
            let (above, is_deleted) =
                find.query_row([of], |row| Ok((row.get(0)?, row.get::<_, bool>(1)?)))?;
            if is_deleted {
                break false;
            }
            at = above;
        };
        self.0.extend(way.into_iter().map(|of| (of, counts)));
        Ok(counts)
    }
}
