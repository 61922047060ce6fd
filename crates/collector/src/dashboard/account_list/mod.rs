//! Lists of accounts with their figures and the change since the previous period: all
//! customers, or the accounts below one account.

mod columns;
mod dimensions;
mod filter;
mod ranges;
mod times;

use maud::{Markup, html};

use crate::{
    clock::now_ms,
    dashboard::{
        account_list::{
            columns::{Columns, MRR, SILENT_USERS},
            times::ShownTimes,
        },
        format, layout,
        list_level::LIST_LEVELS,
        money,
        period::Period,
        selection::Selection,
        sheet::Sheet,
        table::{Table, choice::Sort, counted},
        totals::{self, Total, totals},
        view::View,
    },
    store::portfolio::{ListLevel, ListQuestion, Portfolio, PortfolioRow},
};

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
            text: view.table(filter::TABLE).find,
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
            (filter::show(&self.portfolio, path, view))
            (self.totals(period))
            section .card #accounts-list {
                h2 { (counted(self.len(), "account", "accounts")) }
                @if self.portfolio.rows.iter().any(|row| row.before.is_some()) && let Some(words) = period.comparison() {
                    p .hint { "Each figure includes everything below the account. Changes compare with " (words) "." }
                } @else {
                    p .hint { "Each figure includes everything below the account." }
                }
                @if view.selection != Selection::All && self.len() > 0 {
                    p .hint { (self.adoption()) }
                }
                @if self.len() == 0 && view.csv.is_none() {
                    (layout::empty("No account matches", html! {
                        "Choose another level or fewer filters, or have deactivated accounts listed. "
                        a href=(view.only_period().at(path)) { "Show all" }
                    }))
                } @else {
                    (self.table(sheet, path, view, period))
                }
            }
        }
    }

    /// How many of the listed accounts use what is selected.
    fn adoption(&self) -> String {
        let uses = |row: &&PortfolioRow| row.now.events > 0;
        let using = self.portfolio.rows.iter().filter(uses).count();
        format!(
            "{} of {} used it in this period.",
            format::number(using as i64),
            counted(self.len(), "account", "accounts")
        )
    }

    fn level_switch(&self, path: &str, view: &View) -> Markup {
        html! {
            nav .segments aria-label="Level" {
                @for level in LIST_LEVELS {
                    @let label = if self.is_in_part { level.label_below_account() } else { level.label() };
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
        let usual = if self.is_compared {
            Sort::up("change")
        } else {
            Sort::down("uses")
        };
        let table = Table::new(filter::TABLE, "Accounts", usual, path, view).without_search();
        let columns = Columns {
            portfolio: &self.portfolio,
            is_compared: self.is_compared,
            times: self.times,
            view,
            period,
        };
        let table = columns.add_to(table);
        sheet.table(&table, self.portfolio.rows)
    }
}
