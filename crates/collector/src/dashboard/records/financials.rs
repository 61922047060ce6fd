//! The financial figures of an account and its subtree, and the numbers of its records.

use maud::{Markup, html};

use crate::{
    dashboard::{
        format,
        money::{money, with_currency},
        sheet::Sheet,
        table::{Table, choice::Sort, column::Column},
        totals::{Total, totals},
        value::Value,
        view::View,
    },
    model::financial::Amount,
    store::summary::{CurrencySum, Summary},
};

/// Number of months that are shown for each financial figure: a year, and the same month of
/// the previous year.
const MONTHS: usize = 13;

/// Most figures above the tables. The tables have all of them.
const MOST_FIGURES: usize = 8;

/// Renders the figures above the tables.
pub(super) fn figures(summary: &Summary) -> Markup {
    const OWN: &str = "Records of this account alone.";
    const LATEST: &str = "The latest amount of this name of this account and each account below it, summed up by currency.";
    let mut all = vec![
        Total::of(
            ("Support tickets", OWN),
            format::number(summary.support_tickets),
        ),
        Total::of(("Interactions", OWN), format::number(summary.interactions)),
        Total::of(("Notes", OWN), format::number(summary.notes)),
    ];
    for sum in &summary.financials {
        for of in sum.by_name.iter().filter(|of| of.amount.0 != 0) {
            all.push(
                Total::of(
                    ("Financials", LATEST),
                    with_currency(&of.amount, &sum.currency),
                )
                .note(format!("{}, latest amounts", of.name)),
            );
        }
    }
    all.truncate(MOST_FIGURES);
    totals(&all, "")
}

/// A financial figure, by its name and currency.
struct NamedAmount {
    month: String,
    name: String,
    currency: String,
    records: i64,
    amount: Amount,
}

fn amount_value(amount: &Amount) -> Value {
    Value::Sum(amount.in_units())
}

fn amount_columns<'v>(table: Table<'v, NamedAmount>, head: &str) -> Table<'v, NamedAmount> {
    table
        .with(Column::text("currency", "Currency", |of: &NamedAmount| {
            Value::Text(of.currency.clone())
        }))
        .with(Column::number("records", "Records", |of: &NamedAmount| {
            Value::Count(of.records)
        }))
        .with(
            Column::number("amount", head, |of: &NamedAmount| amount_value(&of.amount))
                .shown(|of| html! { (money(&of.amount, &of.currency)) }),
        )
}

/// Renders the tables of financial figures. `below` is the number of accounts in the subtree.
pub(super) fn financials(
    sheet: &Sheet,
    sums: &[CurrencySum],
    below: i64,
    path: &str,
    view: &View,
) -> Markup {
    if sums.is_empty() && view.csv.is_none() {
        return html! {};
    }
    let mut latest = Vec::new();
    let mut months = Vec::new();
    for of in sums {
        for named in &of.by_name {
            let amount = |month: &str, records: i64, amount: Amount| NamedAmount {
                month: month.to_owned(),
                name: named.name.clone(),
                currency: of.currency.clone(),
                records,
                amount,
            };
            latest.push(amount("", named.records, named.amount));
            let of_months = named.by_month.iter().rev().take(MONTHS);
            months.extend(of_months.map(|of| amount(&of.month, of.records, of.amount)));
        }
    }
    let name = |of: &NamedAmount| Value::Text(of.name.clone());
    let latest_table = Table::new("financials", "Financials", Sort::up("name"), path, view)
        .with(Column::text("name", "What", name));
    let month_table = Table::new(
        "months",
        "Financials by month",
        Sort::down("month"),
        path,
        view,
    )
    .with(Column::text("month", "Month", |of: &NamedAmount| {
        Value::Text(of.month.clone())
    }))
    .with(Column::text("name", "What", name));
    html! {
        section .card {
            h2 { "Financials" }
            p .hint {
                @if below > 0 { "Of this account and all " (format::number(below)) " below it." }
                @else { "Of this account." }
            }
            (sheet.table(&amount_columns(latest_table, "Latest amount"), latest))
        }
        section .card {
            h2 { "Financials by month" }
            p .hint { "The latest amount of each account in the month." }
            (sheet.table(&amount_columns(month_table, "Amount"), months))
        }
    }
}
