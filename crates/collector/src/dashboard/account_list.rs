//! Lists of accounts with their figures and the change since the previous period: all
//! customers, or the accounts below one account.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::{
    address,
    chart::curve,
    format, layout,
    list_dimensions::{
        MAX_USUAL, USUAL_DIMENSIONS, dimension_column, near_day, shown_dimension, usual_dimensions,
    },
    list_filter,
    list_times::{ShownTimes, time_change, with_change, with_time_change},
    money,
    period::Period,
    selection::Selection,
    sheet::Sheet,
    table::{Column, Table},
    table_choice::Sort,
    totals::{self, Named, Total, totals},
    value::Value,
    view::{LIST_LEVELS, View, level_label},
};
use crate::{
    clock::now_ms,
    store::portfolio::{ListLevel, ListQuestion, PeriodFigures, Portfolio, PortfolioRow},
};

const SILENT_USERS: Named = (
    "Silent users",
    "Users who belong to the account and have no event in the period. Those who were deactivated, \
     or whose account was, do not count.",
);

const MRR: Named = (
    "MRR",
    "The latest financial record named mrr of each account, summed up by currency. Several \
     currencies are ordered by the largest amount.",
);

/// The accounts on a page of the list, with their figures.
#[derive(Debug)]
pub(crate) struct AccountList {
    portfolio: Portfolio,
    level: ListLevel,
    is_compared: bool,
    /// Whether only accounts below one account are listed.
    is_in_part: bool,
    times: ShownTimes,
}

impl AccountList {
    /// The query for the accounts that a view lists. `usual` is the level that the page lists
    /// by default.
    pub(crate) fn question(usual: ListLevel, view: &View, period: &Period) -> ListQuestion {
        ListQuestion {
            level: view.level.unwrap_or(usual),
            with_lone_root: false,
            with_deactivated: view.with_deactivated,
            span: period.span(),
            before: period.compared(),
            filter: view.selection.filter(),
            dimensions: view.dimensions.clone(),
            ranges: view.ranges.list(period.today()),
            text: view.table(list_filter::TABLE).find,
            now: now_ms(),
        }
    }

    /// The list, from the answer to a query. `is_in_part` says whether only accounts below one
    /// account are listed.
    pub(crate) fn new(question: &ListQuestion, is_in_part: bool, portfolio: Portfolio) -> Self {
        AccountList {
            is_in_part,
            times: ShownTimes::of(&question.filter, &portfolio),
            portfolio,
            level: question.level,
            is_compared: question.before.is_some(),
        }
    }

    /// Number of listed accounts.
    pub(crate) fn len(&self) -> usize {
        self.portfolio.rows.len()
    }

    /// Renders the controls, the totals and the list. `path` is the path of the page.
    pub(crate) fn show(self, sheet: &Sheet, path: &str, view: &View, period: &Period) -> Markup {
        html! {
            div .controls {
                (period.picker(path, view))
                (self.level_switch(path, view))
            }
            (list_filter::show(&self.portfolio, path, view))
            (self.totals(period))
            section .card #accounts-list {
                h2 { (super::table::counted(self.len(), "account", "accounts")) }
                @if self.portfolio.rows.iter().any(|row| row.before.is_some()) && let Some(words) = period.comparison() {
                    p .hint { "Each figure includes everything below the account. Changes compare with " (words) "." }
                } @else {
                    p .hint { "Each figure includes everything below the account." }
                }
                @if self.len() == 0 && view.csv.is_none() {
                    (layout::empty("No account is like this", html! {
                        "Choose another level or fewer filters, or have deactivated accounts listed. "
                        a href=(view.only_period().at(path)) { "Show all" }
                    }))
                } @else {
                    (self.table(sheet, path, view, period))
                }
            }
        }
    }

    fn level_switch(&self, path: &str, view: &View) -> Markup {
        html! {
            nav .segments aria-label="Level" {
                @for (level, ..) in LIST_LEVELS {
                    @let label = level_label(level, self.is_in_part);
                    @let to = View { level: Some(level), ..view.with_first_pages() };
                    a href=(to.at(path)) aria-current=[(level == self.level).then_some("true")] { (label) }
                }
            }
        }
    }

    fn totals(&self, period: &Period) -> Markup {
        let of = &self.portfolio.totals;
        let before = of.before.as_ref();
        let length = period.length();
        let mut all = vec![
            Total::of(totals::FEATURE_USES, format::sum(of.now.features))
                .change(before.map(|before| (before.features, of.now.features))),
            Total::of(totals::ACTIVE_USERS, format::number(of.now.users))
                .change(before.map(|before| (before.users as f64, of.now.users as f64))),
        ];
        if self.times.active_time {
            all.push(
                Total::of(totals::ACTIVE_TIME, format::duration(of.now.active_time)).change(
                    before.map(|before| (before.active_time as f64, of.now.active_time as f64)),
                ),
            );
        }
        if self.times.module_time {
            all.push(
                Total::of(
                    totals::TIME_IN_MODULES,
                    format::duration(of.now.module_time),
                )
                .change(
                    before.map(|before| (before.module_time as f64, of.now.module_time as f64)),
                ),
            );
        }
        all.push(
            Total::of(SILENT_USERS, format::number(of.silent))
                .note(format!("of {}", format::count(of.members, "user", "users"))),
        );
        if !of.revenue.0.is_empty() {
            all.push(Total::of_lines(MRR, money::short_lines(&of.revenue)));
        }
        html! {
            (totals(&all, &length))
            @if let Some(reason) = self.times.reason { p .hint.compared { (reason) } }
        }
    }

    fn table(self, sheet: &Sheet, path: &str, view: &View, period: &Period) -> Markup {
        let zone = period.time_zone();
        let links = View {
            selection: view.selection.clone(),
            ..view.only_period()
        };
        let usual = if self.is_compared {
            Sort::up("change")
        } else {
            Sort::down("uses")
        };
        let is_compared = self.is_compared;
        let times = self.times;
        let today = period.today();
        let is_filtered = view.selection != Selection::All;
        let is_of_feature = view.selection.feature().is_some();
        let rows = &self.portfolio.rows;
        let has_revenue = rows.iter().any(|row| !row.revenue.0.is_empty());
        let mut table = Table::new(list_filter::TABLE, "Accounts", usual, path, view)
            .with(name_column(&links))
            .with(
                Column::text("account_id", "Id", |row: &PortfolioRow| {
                    Value::Text(row.account.account_id.clone())
                })
                .only_in_csv(),
            )
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
                .on_page_if(is_compared),
            )
            .with(
                Column::number("percent", "%", |row: &PortfolioRow| {
                    relative(row, |figures| figures.features)
                })
                .meaning("The same as a share of the period before.")
                .on_page_if(is_compared),
            )
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
            .with(
                Column::number("last_seen", "Last seen", |row: &PortfolioRow| {
                    Value::day(row.last_use, zone)
                })
                .shown(move |row| near_day(row.last_use.map(|at| zone.day_at(at)), today))
                .meaning("Day of the latest event of any product, also outside of the period."),
            )
            .with(
                Column::number("silent", "Silent users", |row: &PortfolioRow| {
                    Value::Count(row.silent)
                })
                .shown(|row| {
                    html! {
                        (Value::Count(row.silent).show())
                        small { " of " (format::number(row.members)) }
                    }
                })
                .meaning(SILENT_USERS.1),
            )
            .with(
                Column::text("is_deleted", "Deactivated", |row: &PortfolioRow| {
                    Value::Text(row.account.is_deleted.to_string())
                })
                .only_in_csv(),
            );
        if has_revenue {
            table = table.with(
                Column::number("mrr", "MRR", |row: &PortfolioRow| {
                    row.revenue.largest().map_or(Value::None, Value::Sum)
                })
                .shown(|row| money::show_short(&row.revenue))
                .meaning(MRR.1)
                .only_on_page(),
            );
        }
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
        // These columns depend on the data and on the filter, so they come last.
        for currency in self.portfolio.totals.revenue.0.keys() {
            let key = format!("mrr_{currency}");
            let currency = currency.clone();
            let read = move |row: &PortfolioRow| {
                let amount = row.revenue.0.get(&currency);
                amount.map_or(Value::None, |amount| Value::Sum(amount.0 as f64 / 10_000.0))
            };
            table = table.with(Column::number(&key, &key, read).only_in_csv());
        }
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
        sheet.table(&table.without_search(), self.portfolio.rows)
    }
}

fn name_column(links: &View) -> Column<'static, PortfolioRow> {
    let links = links.clone();
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
