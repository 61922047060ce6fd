//! The usage page of an account: its figures, usage over time and by product,
//! module and feature, and the events that are not counted.

use axum::response::Response;
use maud::{Markup, html};

use super::{
    account_header::{AccountHeader, Tab},
    account_page::AccountRequest,
    alerts,
    breakdown::Breakdown,
    chart::{self, Bar, choice::Metric},
    error::PageError,
    format, layout,
    period::Period,
    period_choice::{NamedPeriod, PeriodChoice},
    selection_path,
    sheet::Sheet,
    totals::{self, Total, totals},
    view::{Scope, View},
};
use crate::{
    model::usage::Uncaptured,
    store::account_page::{UsagePage, UsagePageQuestion},
};

/// Shows the usage of an account.
///
/// # Errors
/// 404 when the account is unknown.
pub(crate) async fn show(request: AccountRequest) -> Result<Response, PageError> {
    let AccountRequest { view, period, .. } = &request;
    let question = UsagePageQuestion {
        account: request.question(),
        period: period.question(),
        rollup: view.rolls_up(),
        filter: view.selection.filter(),
        bars: view.bars,
    };
    let usage = request.store().page_usage(question).await?;
    let (header, usage) = request.shown(usage)?;
    let sheet = Sheet::of(&request.account_id);
    let page = usage.page(&sheet, &header, view, period);
    Ok(sheet.answer(view, page))
}

impl UsagePage {
    fn page(self, sheet: &Sheet, header: &AccountHeader, view: &View, period: &Period) -> Markup {
        let path = header.address(Tab::Usage);
        let report = &self.report;
        let breakdown = Breakdown::new(&report.products, &path, view);
        // Open rows stay open when the period, the chart or the roll-up changes.
        let view = &breakdown.view();
        let content = html! {
            div .controls {
                (period.picker(&path, view))
                (header.roll_up_switch(Tab::Usage, view))
            }
            (selection_path::show(&path, view))
            (alerts::account_alerts::show(&self.alerts, self.last, header.shows_quality(), view, period.time_zone()))
            @if view.csv.is_none() && report.is_empty() {
                (self.nothing(header, view, period, &path))
                (uncaptured(report.uncaptured, header, view))
            } @else {
                (self.totals(period, header))
                section .card {
                    h2 { "Over time" }
                    (chart::chart(
                        sheet,
                        Bar::all(&self.bars, report.bars.clone(), report.bars_before.clone()),
                        &Metric::ALL,
                        &path,
                        view,
                    ))
                }
                (uncaptured(report.uncaptured, header, view))
                section .card #breakdown-card {
                    h2 { (breakdown.heading()) }
                    (breakdown.show(sheet))
                }
            }
        };
        header.page(Tab::Usage, view, content)
    }

    fn totals(&self, period: &Period, header: &AccountHeader) -> Markup {
        let now = &self.report.totals.now;
        let before = self.report.totals.before.as_ref();
        let mut all = vec![
            Total::of(totals::ACTIVE_USERS, format::number(now.users))
                .change(before.map(|before| (before.users as f64, now.users as f64))),
            Total::of(totals::SESSIONS, format::number(now.sessions))
                .change(before.map(|before| (before.sessions as f64, now.sessions as f64))),
        ];
        // Active time belongs to sessions, so a product or module often has none.
        if now.active_time > 0 || before.is_some_and(|before| before.active_time > 0) {
            all.push(
                Total::of(totals::ACTIVE_TIME, format::duration(now.active_time)).change(
                    before.map(|before| (before.active_time as f64, now.active_time as f64)),
                ),
            );
        }
        all.push(
            Total::of(totals::TIME_IN_MODULES, format::duration(now.module_time))
                .change(before.map(|before| (before.module_time as f64, now.module_time as f64))),
        );
        let mut uses = Total::of(totals::FEATURE_USES, format::sum(now.features))
            .change(before.map(|before| (before.features, now.features)));
        if let (Some(of_parent), Some(parent)) = (self.of_parent, header.parent_title())
            && of_parent > 0.0
        {
            let share = format::percent(now.features / of_parent);
            uses = uses.note(format!("{share} of {parent}"));
        }
        all.push(uses);
        all.push(
            Total::of(totals::EVENTS, format::number(now.events))
                .change(before.map(|before| (before.events as f64, now.events as f64))),
        );
        html! {
            (totals(&all, &period.length()))
            @if before.is_some() && let Some(words) = period.comparison() {
                p .hint.compared { "Changes compare with " (words) "." }
            } @else if period.before().is_some() {
                p .hint.compared { "Nothing is compared: the " (period.length()) " before reach before the first use." }
            }
        }
    }

    fn nothing(&self, header: &AccountHeader, view: &View, period: &Period, path: &str) -> Markup {
        let all_time = PeriodChoice::Named(NamedPeriod::AllTime);
        let showing = |period: PeriodChoice| {
            View {
                period,
                ..view.clone()
            }
            .at(path)
        };
        let day_of = |ms: i64| period.time_zone().day_at(ms);
        let today = period.today();
        let only_today = PeriodChoice::Days {
            from: Some(today),
            to: Some(today),
        };
        let rolled_up = View {
            scope: Scope::Subtree,
            ..view.clone()
        };
        layout::empty(
            "No usage in this period",
            html! {
                @if !header.account.is_leaf && !view.rolls_up() {
                    "Product usage is captured only where nothing is below, so this account alone "
                    "has none. " a href=(rolled_up.at(path)) { "Show it with the accounts below" }
                } @else if let Some(last) = self.last {
                    // Named periods end with the last complete day.
                    @if day_of(last) == today && view.period != only_today {
                        "The latest events are of today. "
                        a href=(showing(only_today)) { "Show today" }
                    } @else if view.period != all_time {
                        "The latest events are of " (format::date(day_of(last))) ". "
                        a href=(showing(all_time)) { "Show all time" }
                    } @else {
                        "Events have arrived, and none of them is in this part of the usage."
                    }
                } @else {
                    "Nothing has arrived for this account yet. Figures appear as soon as a page "
                    "or a server sends events with the account_id "
                    code { (header.account.account_id) } "."
                }
            },
        )
    }
}

/// Renders the number of events that are not counted, and how to count them.
fn uncaptured(uncaptured: Uncaptured, header: &AccountHeader, view: &View) -> Markup {
    let Uncaptured {
        non_leaf,
        user_conflict,
    } = uncaptured;
    let all = non_leaf + user_conflict;
    // The heading has the total, which is not repeated if there is only one kind.
    let which = |count: i64, one: &'static str, many: &'static str| {
        html! {
            @if count < all { strong { (format::number(count)) } " of them " }
            @else if count == 1 { "It " }
            @else { "They " }
            (if count == 1 { one } else { many })
        }
    };
    html! {
        @if all > 0 {
            section .notice aria-label="Uncaptured usage" {
                h2 { (format::count(all, "event is", "events are")) " kept but not counted" }
                @if non_leaf > 0 {
                    p {
                        (which(non_leaf, "was", "were"))
                        " sent for an account that has accounts below it. Product usage is captured "
                        "only where nothing is below. They count again once nothing is below that account; "
                        "better, send the id of the account in which the user works."
                    }
                }
                @if user_conflict > 0 {
                    p {
                        (which(user_conflict, "names", "name"))
                        " a user who belongs to another account. Each user is in exactly one. They "
                        "are counted once the user is moved here, with “Edit” on the page of the user."
                    }
                }
                @if header.shows_quality() {
                    p { a href={(view.only_period().at("/quality")) "#" (if non_leaf > 0 { "uncaptured" } else { "conflicts" })} { "Who, since when, and how to fix it" } }
                }
            }
        }
    }
}
