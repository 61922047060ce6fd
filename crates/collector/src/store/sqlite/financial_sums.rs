//! The financial records of a subtree, summed up by currency, name and month.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, params};

use super::rows::AccountRow;
use crate::{
    model::{financial::Amount, folding::folded, rollup::FigureKind},
    store::summary::{CurrencySum, MonthSum, NamedSum},
};

/// The sums of one currency and name.
#[derive(Default)]
struct OfName {
    /// As the latest record spells it.
    spelling: String,
    latest: Amount,
    records: i64,
    months: BTreeMap<String, (Amount, i64)>,
}

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
        "WITH RECURSIVE scope (no, counts) AS (
             SELECT ?1, 1 UNION ALL
             SELECT a.no, a.is_deleted = 0 FROM scope JOIN accounts a ON a.parent_no = scope.no
             WHERE ?2
         )
         SELECT f.account_no, f.currency, f.name, f.amount,
             IFNULL(strftime('%Y-%m', f.date / 1000, 'unixepoch'), '')
         FROM scope JOIN financials f ON f.account_no = scope.no
         WHERE scope.counts AND f.date <= ?3 ORDER BY f.date, f.no",
    )?;
    let mut rows = statement.query(params![account, FigureKind::Financials.rolls_up(), now])?;
    let mut sums: BTreeMap<(String, String), OfName> = BTreeMap::new();
    // The currency and amount of the latest record of each account and name.
    let mut latest: HashMap<(AccountRow, String), (String, Amount)> = HashMap::new();
    let mut latest_of_month: HashMap<(AccountRow, String, String), (String, Amount)> =
        HashMap::new();
    while let Some(row) = rows.next()? {
        let of: AccountRow = row.get(0)?;
        let (currency, name, month): (String, String, String) =
            (row.get(1)?, row.get(2)?, row.get(4)?);
        let amount = Amount(row.get::<_, i64>(3)?.into());
        let key = folded(name.trim()).into_owned();
        let sum = sums.entry((currency.clone(), key.clone())).or_default();
        sum.spelling = name;
        sum.records += 1;
        sum.months.entry(month.clone()).or_default().1 += 1;
        latest_of_month.insert((of, key.clone(), month), (currency.clone(), amount));
        latest.insert((of, key), (currency, amount));
    }
    for ((_, key), (currency, amount)) in latest {
        if let Some(sum) = sums.get_mut(&(currency, key)) {
            sum.latest.0 += amount.0;
        }
    }
    for ((_, key, month), (currency, amount)) in latest_of_month {
        let sum = sums.get_mut(&(currency, key));
        if let Some((of_month, _)) = sum.and_then(|sum| sum.months.get_mut(&month)) {
            of_month.0 += amount.0;
        }
    }
    let currencies: BTreeSet<String> = sums.keys().map(|(currency, _)| currency.clone()).collect();
    let mut told: Vec<CurrencySum> = currencies.into_iter().map(CurrencySum::of).collect();
    for ((currency, _), sum) in sums {
        if let Some(of) = told.iter_mut().find(|of| of.currency == currency) {
            of.records += sum.records;
            of.by_name.push(sum.told());
        }
    }
    Ok(told)
}

impl CurrencySum {
    fn of(currency: String) -> Self {
        CurrencySum {
            currency,
            records: 0,
            by_name: Vec::new(),
        }
    }
}

impl OfName {
    fn told(self) -> NamedSum {
        let months = self.months.into_iter();
        NamedSum {
            name: self.spelling,
            amount: self.latest,
            records: self.records,
            by_month: months
                .map(|(month, (amount, records))| MonthSum {
                    month,
                    amount,
                    records,
                })
                .collect(),
        }
    }
}
