//! Accounts in a list, each with its usage: those below one, and those at the
//! top.

use axum::extract::State;
use maud::{Markup, html};
use rusqlite::Connection;

use super::{
    Dashboard,
    account::{Shown, Tab},
    address::{self, View},
    chart::Days,
    error::PageError,
    format,
    layout::{self, Place},
    period::Period,
    session::SignedIn,
};
use crate::{
    accounts::unknown,
    app::now_ms,
    extract::{Path, Query},
    store::{
        accounts::AccountNo,
        browse::{self, Branch},
        page::Page,
        usage::{self, Answer, Question},
    },
    usage::{By, Filter},
};

/// Accounts on a page: each is a question of its own.
const LIMIT: i64 = 25;

/// Accounts with their usage.
#[derive(Debug)]
pub(super) struct Listed {
    rows: Vec<(Branch, Answer)>,
    pub(super) total: i64,
    page: i64,
}

impl Listed {
    /// Reads the accounts below one, or those at the top.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn read(
        conn: &Connection,
        parent: Option<AccountNo>,
        view: &View,
        period: &Period,
    ) -> rusqlite::Result<Self> {
        let page = Page {
            limit: LIMIT,
            number: view.page_number(),
        };
        let (branches, total) = browse::children(conn, parent, page)?;
        let rows = branches
            .into_iter()
            .map(|branch| {
                let question = Question {
                    account: branch.no,
                    rollup: true,
                    by: Some(By::Day),
                    span: period.span(),
                    filter: Filter::default(),
                };
                let answer = usage::answer(conn, &question)?;
                Ok((branch, answer))
            })
            .collect::<rusqlite::Result<_>>()?;
        Ok(Listed {
            rows,
            total,
            page: page.number,
        })
    }

    /// The list. `path` is its page.
    pub(super) fn show(&self, path: &str, view: &View, period: &Period) -> Markup {
        let kept = view.only_period();
        html! {
            div .scroll tabindex="0" role="region" aria-label="Accounts" {
                table .accounts {
                    thead { tr {
                        th scope="col" { "Account" }
                        th .n scope="col" { "Below" }
                        th scope="col" { "Feature uses by day" }
                        th .n scope="col" { "Feature uses" }
                        th .n scope="col" { "Active time" }
                        th .n scope="col" { "Sessions" }
                        th .n scope="col" { "Users" }
                    } }
                    tbody {
                        @for (branch, answer) in &self.rows {
                            @let totals = &answer.totals;
                            tr {
                                th scope="row" {
                                    a .gone[branch.is_deleted] href=(kept.at(&address::account(&branch.account_id, ""))) {
                                        (branch.title())
                                    }
                                    @if let Some(label) = &branch.hierarchy_label { small { (label) } }
                                }
                                td .n {
                                    @if branch.children > 0 { (format::number(branch.children)) }
                                    @else { span .zero { "–" } }
                                }
                                td { (Days::of(&answer.rows, period).curve()) }
                                @if totals.events == 0 {
                                    td .n.quiet-row colspan="4" { "No usage in this period" }
                                } @else {
                                    td .n { (format::sum(totals.features)) }
                                    td .n { (format::duration(totals.active_time)) }
                                    td .n { (format::number(totals.sessions)) }
                                    td .n { (format::number(totals.users)) }
                                }
                            }
                        }
                    }
                }
            }
            (layout::pager(self.page, LIMIT, self.total, |page| {
                let view = View { page: Some(page.to_string()), ..view.clone() };
                view.at(path)
            }))
        }
    }
}

/// Shows the accounts directly below one.
///
/// # Errors
/// 404 where the account is unknown.
pub(super) async fn show(
    State(dashboard): State<Dashboard>,
    _: SignedIn,
    Path(account_id): Path<String>,
    Query(view): Query<View>,
) -> Result<Markup, PageError> {
    let period = Period::of(&view, now_ms())?;
    let (id, asked, span) = (account_id.clone(), view.clone(), period.clone());
    let (shown, listed) = dashboard
        .app
        .store
        .read(move |conn| {
            let Some(shown) = Shown::read(conn, &id)? else {
                return Ok(None);
            };
            let listed = Listed::read(conn, Some(shown.no), &asked, &span)?;
            Ok(Some((shown, listed)))
        })
        .await?
        .ok_or_else(|| unknown(&account_id))?;
    let path = shown.address(Tab::Below);
    let content = html! {
        (shown.head(Tab::Below, &view))
        div .controls { (period.picker(&path, &view)) }
        section .card {
            h2 { (format::count(listed.total, "account", "accounts")) " directly below" }
            p .hint { "Each figure includes everything below the account." }
            @if listed.total == 0 {
                (layout::empty("Nothing is below this account", html! {
                    "An account comes here when its " code { "parent_account_id" } " is "
                    code { (shown.account.account_id) } "."
                }))
            } @else {
                (listed.show(&path, &view, &period))
            }
        }
    };
    Ok(layout::page(
        shown.title(),
        Place::Accounts,
        shown.tree.show(&view),
        content,
    ))
}
