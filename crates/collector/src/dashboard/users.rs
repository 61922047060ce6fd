//! The users of an account: who uses how much, and who does not.

use std::collections::HashSet;

use maud::{Markup, html};

use super::{
    account::{Shown, Tab},
    address::{self, View},
    asked::OfAccount,
    breakdown::{self, bar, time},
    error::PageError,
    format,
    layout::{
        self,
        Column::{Number, Text},
    },
    period::Period,
};
use crate::{
    entity::User,
    store::{
        accounts,
        page::Page,
        usage::{self, Totals},
        users,
    },
    usage::By,
};

/// Users on a page.
const LIMIT: usize = 50;
/// Users without usage that are named.
const QUIET: usize = 50;

struct Figures {
    active: Vec<(User, String, Totals)>,
    total: usize,
    most: f64,
    quiet: Vec<User>,
}

/// Shows the users of an account.
///
/// # Errors
/// 404 where the account is unknown.
pub(super) async fn show(asked: OfAccount) -> Result<Markup, PageError> {
    let (shown, figures) = asked
        .show(|conn, shown, OfAccount { view, period, .. }| {
            let question = breakdown::question(shown.no, By::User, view, period);
            let mut rows = usage::answer(conn, &question)?.rows;
            rows.sort_by(|left, right| {
                let of = |totals: &Totals| (totals.features, totals.events as f64);
                let by_size = of(&right.totals).partial_cmp(&of(&left.totals));
                by_size.unwrap_or(std::cmp::Ordering::Equal)
            });
            let first = (view.page_number() as usize - 1).saturating_mul(LIMIT);
            let active = rows
                .iter()
                .skip(first)
                .take(LIMIT)
                .map(|row| {
                    let user_id = row.key.as_str().unwrap_or_default();
                    let user = users::find(conn, user_id)?.unwrap_or_default();
                    let account = accounts::find(conn, &user.account_id)?;
                    let name = account.and_then(|account| account.name);
                    let name = name.unwrap_or_else(|| user.account_id.clone());
                    Ok((user, name, row.totals.clone()))
                })
                .collect::<rusqlite::Result<_>>()?;
            let seen: HashSet<_> = rows.iter().filter_map(|row| row.key.as_str()).collect();
            // As many as can be active, and the quiet ones that are named.
            let page = Page {
                limit: (seen.len() + QUIET) as i64,
                number: 1,
            };
            let (all, _) = users::list(conn, Some(shown.no), page)?;
            let quiet = all
                .into_iter()
                .filter(|user| !user.is_deleted && !seen.contains(user.user_id.as_str()))
                .take(QUIET)
                .collect();
            Ok(Figures {
                active,
                total: rows.len(),
                most: rows.first().map_or(0.0, |row| row.totals.features),
                quiet,
            })
        })
        .await?;
    Ok(figures.page(&shown, &asked.view, &asked.period))
}

impl Figures {
    fn page(&self, shown: &Shown, view: &View, period: &Period) -> Markup {
        let path = shown.address(Tab::Users);
        let content = html! {
            div .controls {
                (period.picker(&path, view))
                (shown.roll_up_switch(Tab::Users, view))
            }
            section .card {
                h2 { (format::count(self.total as i64, "active user", "active users")) }
                @if self.active.is_empty() {
                    (layout::empty("Nobody was active in this period", html! {
                        "Users appear here with the first event that names them."
                    }))
                } @else {
                    (self.table(shown.below > 0 && view.rolls_up(), view))
                    (layout::pager(view.page_number(), LIMIT as i64, self.total as i64, |page| {
                        let view = View { page: Some(page.to_string()), ..view.clone() };
                        view.at(&path)
                    }))
                }
            }
            @if !self.quiet.is_empty() {
                section .card {
                    h2 { "Not active in this period" }
                    ul .people {
                        @for user in &self.quiet {
                            li { (person(user)) }
                        }
                    }
                }
            }
        };
        shown.page(Tab::Users, view, content)
    }

    fn table(&self, shows_account: bool, view: &View) -> Markup {
        let mut columns = vec![Text("User")];
        columns.extend(shows_account.then_some(Text("Account")));
        columns.extend(["Feature uses", "Active time", "Time in modules", "Sessions"].map(Number));
        let rows = html! {
            tbody {
                @for (user, account, totals) in &self.active {
                    tr {
                        th scope="row" { (person(user)) }
                        @if shows_account {
                            td { a href=(view.only_period().at(&address::account(&user.account_id, ""))) { (account) } }
                        }
                        td .n.barred { (format::sum(totals.features)) (bar(totals.features, self.most)) }
                        td .n { (time(totals.active_time)) }
                        td .n { (time(totals.module_time)) }
                        td .n { (format::number(totals.sessions)) }
                    }
                }
            }
        };
        layout::table("Active users", Some("users"), &columns, rows)
    }
}

/// A user's name with the id below it, or the id alone.
fn person(user: &User) -> Markup {
    let name = [&user.first_name, &user.last_name];
    let name: Vec<_> = name.into_iter().flatten().map(String::as_str).collect();
    html! {
        @if name.is_empty() {
            span { (user.user_id) }
        } @else {
            span { (name.join(" ")) }
            small { (user.user_id) }
        }
    }
}
