//! The dimensions in a list of accounts, as columns.

use std::collections::BTreeMap;

use crate::{
    dashboard::{
        account_fields::{CHURNED, RENEWAL_DATE, short_label},
        table::column::Column,
        value::{Value, near_day},
    },
    model::calendar::Day,
    store::portfolio::{PortfolioRow, dimension_text},
};

/// Most dimensions that the table shows in any window. More would push other columns off a
/// laptop's screen.
pub(super) const MAX_USUAL: usize = 2;

/// Most further usual dimensions that it shows where the window is wide.
const MAX_WIDE: usize = 3;

/// Dimensions that CSV always has. The page shows them if an account has a value for them, the
/// most useful first: who looks after the customer, and when the contract ends.
pub(super) const USUAL_DIMENSIONS: [&str; 6] =
    ["csm", RENEWAL_DATE, "tier", "stage", "industry", CHURNED];

/// The column of a dimension on the page. The date of a renewal is written as other dates are.
pub(super) fn shown_dimension(name: String, today: Day) -> Column<'static, PortfolioRow> {
    let is_date = name == RENEWAL_DATE;
    let of = name.clone();
    let column = dimension_column(name).only_on_page();
    if !is_date {
        return column;
    }
    column.shown(move |row| {
        let text = row.account.details.get(&of).and_then(dimension_text);
        match text.as_deref().map(str::parse) {
            Some(Ok(day)) => near_day(Some(day), today),
            None | Some(Err(_)) => Value::text(text).show(),
        }
    })
}

/// The column of a dimension, by which the table can be sorted.
pub(super) fn dimension_column(name: String) -> Column<'static, PortfolioRow> {
    let head = short_label(&name);
    let key = format!("d.{name}");
    Column::text(&key, &head, move |row: &PortfolioRow| {
        Value::text(row.account.details.get(&name).and_then(dimension_text))
    })
}

/// The usual dimensions that the page shows: the first for which an account has a value. CSV
/// has all of these. Those by which the list is filtered have columns of their own.
pub(super) fn usual_dimensions(
    known: &BTreeMap<String, BTreeMap<String, usize>>,
    is_filtered: impl Fn(&str) -> bool,
) -> impl Iterator<Item = &'static str> {
    let is_listed = move |name: &&str| known.contains_key(*name) && !is_filtered(name);
    let usual = USUAL_DIMENSIONS.into_iter().filter(is_listed);
    usual.take(MAX_USUAL + MAX_WIDE)
}
