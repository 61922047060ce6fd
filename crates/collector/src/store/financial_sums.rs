//! The financial records of a subtree, summed up by currency, name and month.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::summary::{CurrencySum, MonthSum, NamedSum};
use crate::model::{financial::Amount, folding::folded};

/// A financial record of one of the accounts.
#[derive(Debug)]
pub(in crate::store) struct FinancialRow {
    /// The number of the account.
    pub(in crate::store) account: i64,
    pub(in crate::store) currency: String,
    pub(in crate::store) name: String,
    pub(in crate::store) amount: Amount,
    /// Its month in UTC, as `2024-05`.
    pub(in crate::store) month: String,
}

/// The sums of one currency and name.
#[derive(Debug, Default)]
struct OfName {
    /// The name as the latest record spells it.
    spelling: String,
    latest: Amount,
    records: i64,
    months: BTreeMap<String, (Amount, i64)>,
}

/// Adds up records, which must come in the order of their dates. An amount replaces the earlier one
/// of the same account and name, whatever its currency.
#[derive(Debug, Default)]
pub(in crate::store) struct FinancialSums {
    sums: BTreeMap<(String, String), OfName>,
    /// The currency and amount of the latest record of each account and name.
    latest: HashMap<(i64, String), (String, Amount)>,
    latest_of_month: HashMap<(i64, String, String), (String, Amount)>,
}

impl FinancialSums {
    /// Adds a record.
    pub(in crate::store) fn add(&mut self, row: FinancialRow) {
        let FinancialRow {
            account,
            currency,
            name,
            amount,
            month,
        } = row;
        let key = folded(name.trim()).into_owned();
        let sum = self
            .sums
            .entry((currency.clone(), key.clone()))
            .or_default();
        sum.spelling = name;
        sum.records += 1;
        sum.months.entry(month.clone()).or_default().1 += 1;
        self.latest_of_month
            .insert((account, key.clone(), month), (currency.clone(), amount));
        self.latest.insert((account, key), (currency, amount));
    }

    /// The sums of each currency.
    pub(in crate::store) fn finish(self) -> Vec<CurrencySum> {
        let FinancialSums {
            mut sums,
            latest,
            latest_of_month,
        } = self;
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
        let currencies: BTreeSet<String> =
            sums.keys().map(|(currency, _)| currency.clone()).collect();
        let mut sums_by_currency: Vec<CurrencySum> =
            currencies.into_iter().map(CurrencySum::of).collect();
        for ((currency, _), sum) in sums {
            if let Some(of) = sums_by_currency
                .iter_mut()
                .find(|of| of.currency == currency)
            {
                of.records += sum.records;
                of.by_name.push(sum.into_named_sum());
            }
        }
        sums_by_currency
    }
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
    fn into_named_sum(self) -> NamedSum {
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
