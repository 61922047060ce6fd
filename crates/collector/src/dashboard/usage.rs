//! The page of an account: its figures, usage over time, by product, module
//! and feature, and what is kept without being counted.

use maud::{Markup, html};

use super::{
    account::{Shown, Tab},
    address::View,
    asked::OfAccount,
    breakdown::{self, Level},
    chart::Days,
    error::PageError,
    format, layout,
    period::Period,
};
use crate::{
    store::{
        browse,
        usage::{self, Answer, Question, Totals},
    },
    usage::{By, Uncaptured},
};

struct Figures {
    parts: Answer,
    days: Answer,
    before: Option<Totals>,
    last: Option<i64>,
}

/// Shows the usage of an account.
///
/// # Errors
/// 404 where the account is unknown.
pub(super) async fn show(asked: OfAccount) -> Result<Markup, PageError> {
    let (shown, figures) = asked
        .show(|conn, shown, OfAccount { view, period, .. }| {
            let by_day = breakdown::question(shown.no, By::Day, view, period);
            let before = match period.before() {
                None => None,
                Some(span) => {
                    let question = Question {
                        by: None,
                        span,
                        ..by_day.clone()
                    };
                    Some(usage::answer(conn, &question)?.totals)
                }
            };
            let dimensions = [By::Day, Level::of(view).by()].map(Some);
            let [days, mut parts] = usage::answer_by(conn, &by_day, dimensions)?;
            breakdown::sort(&mut parts);
            // Looked for in all that is below, which is worth it only where it is said.
            let last = match days.totals.events {
                0 => browse::last_hour(conn, shown.no)?,
                _ => None,
            };
            Ok(Figures {
                parts,
                days,
                before,
                last,
            })
        })
        .await?;
    Ok(figures.page(&shown, &asked.view, &asked.period))
}

impl Figures {
    fn page(&self, shown: &Shown, view: &View, period: &Period) -> Markup {
        let path = shown.address(Tab::Usage);
        let content = html! {
            div .controls {
                (period.picker(&path, view))
                (shown.roll_up_switch(Tab::Usage, view))
            }
            (self.part(view, &path))
            @if self.days.totals.events == 0 {
                (self.nothing(shown, view, &path))
                (uncaptured(self.parts.uncaptured))
            } @else {
                (totals(&self.days.totals, self.before.as_ref(), &period.length()))
                section .card {
                    h2 { "Over time" }
                    (Days::of(&self.days.rows, period).show())
                }
                (uncaptured(self.parts.uncaptured))
                section .card {
                    h2 { (heading(Level::of(view))) }
                    (breakdown::table(&shown.account.account_id, view, &self.parts))
                }
            }
        };
        shown.page(Tab::Usage, view, content)
    }

    /// Which product and module the page is narrowed down to.
    fn part(&self, view: &View, path: &str) -> Markup {
        let name = |name: &str, without: &'static str| {
            if name.is_empty() {
                without.to_owned()
            } else {
                name.to_owned()
            }
        };
        let all = View {
            product: None,
            module: None,
            ..view.clone()
        };
        let product = View {
            module: None,
            ..view.clone()
        };
        html! {
            @if view.product.is_some() || view.module.is_some() {
                nav .part aria-label="Part of the usage" {
                    a href=(all.at(path)) { "All products" }
                    @if let Some(product_name) = &view.product {
                        @let words = name(product_name, "Without a product");
                        @if view.module.is_some() { a href=(product.at(path)) { (words) } }
                        @else { strong { (words) } }
                    }
                    @if let Some(module) = &view.module { strong { (name(module, "Without a module")) } }
                }
            }
        }
    }

    fn nothing(&self, shown: &Shown, view: &View, path: &str) -> Markup {
        let all = View {
            range: Some("all".into()),
            from: None,
            to: None,
            ..view.clone()
        };
        layout::empty(
            "No usage in this period",
            html! {
                @match self.last {
                    Some(last) if view.range.as_deref() != Some("all") => {
                        "The latest events are of " (format::day(last)) ". "
                        a href=(all.at(path)) { "Show all time" }
                    }
                    Some(_) => "Events have arrived, and none of them is counted here.",
                    None => {
                        "Nothing has arrived for this account yet. Figures appear as soon as a page "
                        "or a server sends events with the account_id "
                        code { (shown.account.account_id) } "."
                    }
                }
            },
        )
    }
}

fn heading(level: Level) -> &'static str {
    match level {
        Level::Products => "Products, modules and features",
        Level::Modules => "Modules and features",
        Level::Features => "Features",
    }
}

/// The main figures, each with what became of it since the period before.
fn totals(totals: &Totals, before: Option<&Totals>, length: &str) -> Markup {
    // Against a period from before the account was used, all would be new.
    let before = before.filter(|before| before.events > 0);
    let change = |now: f64, of: fn(&Totals) -> f64| {
        html! {
            @if let Some(before) = before { (change(now, of(before), length)) }
        }
    };
    html! {
        dl .totals {
            div {
                dt { "Active users" }
                dd { (format::number(totals.users)) (change(totals.users as f64, |t| t.users as f64)) }
            }
            div {
                dt { "Sessions" }
                dd { (format::number(totals.sessions)) (change(totals.sessions as f64, |t| t.sessions as f64)) }
            }
            // That of sessions: a part of the usage often has none.
            @if totals.active_time > 0 || before.is_some_and(|before| before.active_time > 0) {
                div {
                    dt { "Active time" }
                    dd { (format::duration(totals.active_time)) (change(totals.active_time as f64, |t| t.active_time as f64)) }
                }
            }
            div {
                dt { "Time in modules" }
                dd { (format::duration(totals.module_time)) (change(totals.module_time as f64, |t| t.module_time as f64)) }
            }
            div {
                dt { "Feature uses" }
                dd { (format::sum(totals.features)) (change(totals.features, |t| t.features)) }
            }
            div {
                dt { "Events" }
                dd { (format::number(totals.events)) (change(totals.events as f64, |t| t.events as f64)) }
            }
        }
    }
}

fn change(now: f64, before: f64, length: &str) -> Markup {
    let percent = if before > 0.0 {
        (now - before) / before * 100.0
    } else {
        0.0
    };
    let (class, words) = match () {
        () if before <= 0.0 && now > 0.0 => ("up", "new".to_owned()),
        () if percent >= 0.5 => (
            "up",
            format!("▲ {} %", format::number(percent.round() as i64)),
        ),
        () if percent <= -0.5 => (
            "down",
            format!("▼ {} %", format::number(-percent.round() as i64)),
        ),
        () => ("same", "unchanged".to_owned()),
    };
    html! {
        small .change.(class) title={"compared with the " (length) " before"} { (words) }
    }
}

/// What is kept and not counted, and what would count it.
fn uncaptured(uncaptured: Uncaptured) -> Markup {
    let Uncaptured {
        non_leaf,
        user_conflict,
    } = uncaptured;
    let all = non_leaf + user_conflict;
    // How many there are stands in the heading; of one kind alone it is not repeated.
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
                        "only where nothing is below. They count again once that account is a leaf; "
                        "better, send the id of the account in which the user works."
                    }
                }
                @if user_conflict > 0 {
                    p {
                        (which(user_conflict, "names", "name"))
                        " a user who belongs to another account. Each user is in exactly one. They "
                        "are counted once the user is moved here: "
                        code { "PUT /api/v2/account_users/{id}" } " with " code { "\"move\": true" } "."
                    }
                }
            }
        }
    }
}
