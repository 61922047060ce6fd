//! The columns of a list of accounts.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::{
    dashboard::{
        account_list::{
            dimensions::{
                MAX_USUAL, USUAL_DIMENSIONS, dimension_column, shown_dimension, usual_dimensions,
            },
            times::{ShownTimes, time_change, with_change, with_time_change},
        },
        address,
        chart::curve,
        format, money,
        period::Period,
        selection::Selection,
        table::{Table, column::Column},
        totals::Named,
        value::{Value, near_day},
        view::View,
    },
    store::portfolio::{PeriodFigures, Portfolio, PortfolioRow},
};

/// The name and the meaning of the number of silent users.
pub(super) const SILENT_USERS: Named = (
    "Silent users",
    "Users who belong to the account and have no event in the period. Those who were deactivated, \
     or whose account was, do not count.",
);

/// The name and the meaning of the monthly revenue.
pub(super) const MRR: Named = (
    "MRR",
    "The latest financial record named mrr of each account, summed up by currency. Several \
     currencies are ordered by the largest amount.",
);

type AccountTable<'a> = Table<'a, PortfolioRow>;

/// What decides about the columns of a list.
pub(super) struct Columns<'p, 't> {
    pub(super) portfolio: &'p Portfolio,
    pub(super) is_compared: bool,
    pub(super) times: ShownTimes,
    pub(super) view: &'t View,
    pub(super) period: &'t Period,
}

impl<'t> Columns<'_, 't> {
    /// Adds all columns to a table.
    pub(super) fn add_to(&self, table: AccountTable<'t>) -> AccountTable<'t> {
        let table = self.names(table);
        let table = self.uses(table);
        let table = self.users(table);
        let table = self.times(table);
        let table = self.presence(table);
        let table = self.revenue(table);
        let table = self.dimensions(table);
        // These depend on the data and on the filter, so they come last.
        let table = self.revenue_by_currency(table);
        self.filtered_dimensions(table)
    }

    fn names(&self, table: AccountTable<'t>) -> AccountTable<'t> {
        let links = View {
            selection: self.view.selection.clone(),
            ..self.view.only_period()
        };
        table.with(name_column(links)).with(
            Column::text("account_id", "Id", |row: &PortfolioRow| {
                Value::Text(row.account.account_id.clone())
            })
            .only_in_csv(),
        )
    }

    fn uses(&self, table: AccountTable<'t>) -> AccountTable<'t> {
        table
            .with(
                Column::number("uses", "Feature uses", |row: &PortfolioRow| {
                    Value::Sum(row.now.features)
                })
                .meaning("Sum of the amounts of feature events in the period."),
            )
            .with(
                Column::number("change", "Change", |row: &PortfolioRow| {
                    change(row, |figures| figures.features)
                })
                .meaning(
                    "Feature uses of the period less those of the period before. Nothing where \
                     the period before reaches before the first use.",
                )
                .on_page_if(self.is_compared),
            )
            .with(
                Column::number("percent", "%", |row: &PortfolioRow| {
                    relative(row, |figures| figures.features)
                })
                .meaning("The same as a share of the period before.")
                .on_page_if(self.is_compared),
            )
    }

    fn users(&self, table: AccountTable<'t>) -> AccountTable<'t> {
        table
            .with(
                Column::number("users", "Users", |row: &PortfolioRow| {
                    Value::Count(row.now.users)
                })
                .shown(|row| {
                    let change = change(row, |figures| figures.users as f64);
                    with_change(&Value::Count(row.now.users), &change)
                })
                .meaning(
                    "Different users with an event in the period, and the change in their number.",
                ),
            )
            .with(
                Column::number("users_change", "Change in users", |row: &PortfolioRow| {
                    change(row, |figures| figures.users as f64)
                })
                .only_in_csv(),
            )
    }

    fn times(&self, table: AccountTable<'t>) -> AccountTable<'t> {
        let times = self.times;
        let is_filtered = self.view.selection != Selection::All;
        let is_of_feature = self.view.selection.feature().is_some();
        table
            .with(
                Column::number("active_time", "Active time", move |row: &PortfolioRow| {
                    if times.active_time || !is_filtered {
                        Value::Duration(row.now.active_time)
                    } else {
                        Value::None
                    }
                })
                .shown(|row| with_time_change(row, |figures| figures.active_time))
                .meaning(
                    "Time in which somebody did something, as trackers report it, and its change.",
                )
                .on_page_if(times.active_time),
            )
            .with(
                Column::number(
                    "time_change",
                    "Change in time",
                    move |row: &PortfolioRow| {
                        if times.active_time || !is_filtered {
                            time_change(row, |figures| figures.active_time)
                        } else {
                            Value::None
                        }
                    },
                )
                .only_in_csv(),
            )
            .with(
                Column::number(
                    "module_time",
                    "Time in modules",
                    move |row: &PortfolioRow| {
                        if times.module_time || !is_of_feature {
                            Value::Duration(row.now.module_time)
                        } else {
                            Value::None
                        }
                    },
                )
                .shown(|row| with_time_change(row, |figures| figures.module_time))
                .meaning(
                    "Time with a module open and in use, which trackers report when it ends, and \
                     its change.",
                )
                .on_page_if(times.module_time),
            )
    }

    fn presence(&self, table: AccountTable<'t>) -> AccountTable<'t> {
        let zone = self.period.time_zone();
        let today = self.period.today();
        let links = View {
            selection: self.view.selection.clone(),
            ..self.view.only_period()
        };
        table
            .with(
                Column::number("last_seen", "Last seen", move |row: &PortfolioRow| {
                    Value::day(row.last_use, zone)
                })
                .shown(move |row| near_day(row.last_use.map(|at| zone.day_at(at)), today))
                .meaning("Day of the latest event of any product, also outside of the period."),
            )
            .with(
                Column::number("silent", "Silent users", |row: &PortfolioRow| {
                    Value::Count(row.silent)
                })
                .shown(move |row| silent_users(row, &links))
                .meaning(SILENT_USERS.1),
            )
            .with(
                Column::text("is_deleted", "Deactivated", |row: &PortfolioRow| {
                    Value::Text(row.account.is_deleted.to_string())
                })
                .only_in_csv(),
            )
    }

    fn revenue(&self, table: AccountTable<'t>) -> AccountTable<'t> {
        let mut rows = self.portfolio.rows.iter();
        if !rows.any(|row| !row.revenue.0.is_empty()) {
            return table;
        }
        table.with(
            Column::number("mrr", "MRR", |row: &PortfolioRow| {
                row.revenue.largest().map_or(Value::None, Value::Sum)
            })
            .shown(|row| money::show_short(&row.revenue))
            .meaning(MRR.1)
            .only_on_page(),
        )
    }

    fn dimensions(&self, mut table: AccountTable<'t>) -> AccountTable<'t> {
        let view = self.view;
        let today = self.period.today();
        // Who filters by a range wants to see where in it each account is.
        let mut room = MAX_USUAL;
        for name in view.ranges.dimensions() {
            table = table.with(shown_dimension(name.clone(), today));
            room = room.saturating_sub(1);
        }
        let is_filtered = |name: &str| view.is_filtered_by(name);
        let usual = usual_dimensions(&self.portfolio.dimensions, is_filtered);
        for (at, name) in usual.enumerate() {
            let column = shown_dimension(name.to_owned(), today);
            table = table.with(if at < room {
                column
            } else {
                column.in_wide_windows()
            });
        }
        // All listed accounts have the same value by which the list is filtered, or none.
        for name in view.dimensions.keys() {
            if !view.ranges.has(name) {
                table = table.with(shown_dimension(name.clone(), today).in_wide_windows());
            }
        }
        for name in USUAL_DIMENSIONS {
            table = table.with(dimension_column(name.to_owned()).only_in_csv());
        }
        table
    }

    fn revenue_by_currency(&self, mut table: AccountTable<'t>) -> AccountTable<'t> {
        for currency in self.portfolio.totals.revenue.0.keys() {
            let key = format!("mrr_{currency}");
            let currency = currency.clone();
            let read = move |row: &PortfolioRow| {
                let amount = row.revenue.0.get(&currency);
                amount.map_or(Value::None, |amount| Value::Sum(amount.in_units()))
            };
            table = table.with(Column::number(&key, &key, read).only_in_csv());
        }
        table
    }

    fn filtered_dimensions(&self, mut table: AccountTable<'t>) -> AccountTable<'t> {
        let view = self.view;
        let filtered: BTreeSet<&String> = view
            .dimensions
            .keys()
            .chain(view.ranges.dimensions())
            .collect();
        for name in filtered {
            if !USUAL_DIMENSIONS.contains(&name.as_str()) {
                table = table.with(dimension_column(name.clone()).only_in_csv());
            }
        }
        table
    }
}

fn name_column(links: View) -> Column<'static, PortfolioRow> {
    Column::text("account", "Account", |row: &PortfolioRow| {
        Value::Text(row.account.title().to_owned())
    })
    .shown(move |row| {
        let account = &row.account;
        html! {
            a .gone[account.is_deleted] title=(account.title())
                href=(links.at(&address::account(&account.account_id, ""))) { (account.title()) }
            @if account.is_deleted { small { "deactivated" } }
            @if let Some(parent) = &row.parent { small { "in " (parent) } }
            @else if let Some(label) = &account.hierarchy_label { small { (label) } }
            (curve(&row.curve))
        }
    })
}

/// The number of silent users, with a link to who they are.
fn silent_users(row: &PortfolioRow, links: &View) -> Markup {
    let path = address::account(&row.account.account_id, "/users");
    html! {
        @if row.silent == 0 {
            (Value::Count(row.silent).show())
        } @else {
            a href={(links.at(&path)) "#silent-users"} { (Value::Count(row.silent).show()) }
        }
        small { " of " (format::number(row.members)) }
    }
}

type Figure = fn(&PeriodFigures) -> f64;

fn change(row: &PortfolioRow, of: Figure) -> Value {
    match &row.before {
        None => Value::None,
        Some(before) => Value::Difference(of(&row.now) - of(before)),
    }
}

fn relative(row: &PortfolioRow, of: Figure) -> Value {
    match &row.before {
        None => Value::None,
        Some(before) => Value::change(of(before), of(&row.now)),
    }
}
