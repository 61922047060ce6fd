//! Lists of accounts with their figures and the change since the previous period: all
//! customers, or the accounts below one account.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{
    address,
    chart::curve,
    edit_account::{CHURNED, RENEWAL_DATE, short_label},
    format, layout, list_filter, money,
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
    model::{calendar::Day, usage::Filter},
    store::portfolio::{
        ListLevel, ListQuestion, PeriodFigures, Portfolio, PortfolioRow, dimension_text,
    },
};

/// Most dimensions that the table shows in any window. More would push other columns off a
/// laptop's screen.
const MAX_USUAL: usize = 2;

/// Most further usual dimensions that it shows where the window is wide.
const MAX_WIDE: usize = 3;

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

/// Dimensions that CSV always has. The page shows them if an account has a value for them, the
/// most useful first: who looks after the customer, and when the contract ends.
const USUAL_DIMENSIONS: [&str; 6] = ["csm", RENEWAL_DATE, "tier", "stage", "industry", CHURNED];

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

/// The times that the page shows. Trackers report active time for a whole session, mostly
/// without a product, and time in modules without a feature. Under a filter, 0 is then no
/// measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ShownTimes {
    active_time: bool,
    module_time: bool,
    /// Why a time is left out.
    reason: Option<&'static str>,
}

impl ShownTimes {
    fn of(filter: &Filter, portfolio: &Portfolio) -> Self {
        let totals = &portfolio.totals;
        let is_reported = |time: fn(&PeriodFigures) -> i64| {
            time(&totals.now) > 0 || totals.before.as_ref().is_some_and(|of| time(of) > 0)
        };
        let active_time = is_reported(|figures| figures.active_time);
        let module_time = is_reported(|figures| figures.module_time);
        if filter.feature.is_some() {
            let reason = "Times are left out: trackers report them for sessions and modules, not for features.";
            ShownTimes {
                active_time,
                module_time,
                reason: (!active_time && !module_time).then_some(reason),
            }
        } else if filter.product.is_some() || filter.module.is_some() {
            let reason = "Active time is left out: trackers report it for a whole session, without a product.";
            ShownTimes {
                active_time,
                module_time: true,
                reason: (!active_time).then_some(reason),
            }
        } else {
            ShownTimes {
                active_time,
                module_time: !active_time && module_time,
                reason: None,
            }
        }
    }
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
            all.push(Total::of_lines(MRR, money::lines(&of.revenue)));
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
                    let amounts = row.revenue.0.values();
                    amounts
                        .map(|amount| amount.0 as f64 / 10_000.0)
                        .max_by(f64::total_cmp)
                        .map_or(Value::None, Value::Sum)
                })
                .shown(|row| money::show_short(&row.revenue))
                .meaning(MRR.1)
                .only_on_page(),
            );
        }
        let usual = usual_dimensions(&self.portfolio.dimensions, &view.dimensions);
        for (at, name) in usual.enumerate() {
            let column = shown_dimension(name.to_owned(), today);
            table = table.with(if at < MAX_USUAL {
                column
            } else {
                column.in_wide_windows()
            });
        }
        // All listed accounts have the value by which the list is filtered.
        for name in view.dimensions.keys() {
            table = table.with(shown_dimension(name.clone(), today).in_wide_windows());
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
        for name in view.dimensions.keys() {
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

/// The column of a dimension on the page. The date of a renewal is written as other dates are.
fn shown_dimension(name: String, today: Day) -> Column<'static, PortfolioRow> {
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

/// Renders a day, without the year if that is the current one.
fn near_day(day: Option<Day>, today: Day) -> Markup {
    html! {
        @match day {
            None => (Value::None.show()),
            Some(day) => time datetime=(day) { (format::near_date(day, today)) },
        }
    }
}

fn dimension_column(name: String) -> Column<'static, PortfolioRow> {
    let head = short_label(&name);
    let key = format!("d.{name}");
    Column::text(&key, &head, move |row: &PortfolioRow| {
        Value::text(row.account.details.get(&name).and_then(dimension_text))
    })
}

/// The usual dimensions that the page shows: the first for which an account has a value. CSV
/// has all of these.
fn usual_dimensions(
    known: &BTreeMap<String, BTreeMap<String, usize>>,
    filtered: &BTreeMap<String, String>,
) -> impl Iterator<Item = &'static str> {
    let is_listed = |name: &&str| known.contains_key(*name) && !filtered.contains_key(*name);
    let usual = USUAL_DIMENSIONS.into_iter().filter(is_listed);
    usual.take(MAX_USUAL + MAX_WIDE)
}

type Time = fn(&PeriodFigures) -> i64;

fn time_change(row: &PortfolioRow, of: Time) -> Value {
    match &row.before {
        None => Value::None,
        Some(before) => Value::DurationDifference(of(&row.now) - of(before)),
    }
}

/// Renders a time with its change. An account for which no time was reported has no change
/// either.
fn with_time_change(row: &PortfolioRow, of: Time) -> Markup {
    let is_reported = of(&row.now) > 0 || row.before.as_ref().is_some_and(|before| of(before) > 0);
    let change = if is_reported {
        time_change(row, of)
    } else {
        Value::None
    };
    with_change(&Value::Duration(of(&row.now)), &change)
}

/// Renders a figure with its change below it.
fn with_change(figure: &Value, change: &Value) -> Markup {
    html! {
        (figure.show())
        @if *change != Value::None { small .change { (change.show()) } }
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
