//! Accounts in a list, each with its usage: those below one, and those at the
//! top.

use maud::{Markup, html};
use rusqlite::Connection;

use super::{
    account::Tab,
    address::{self, View},
    asked::OfAccount,
    breakdown::time,
    chart::Days,
    error::PageError,
    format,
    layout::{
        self,
        Column::{Number, Text},
    },
    period::Period,
};
use crate::{
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
        let columns = [
            Text("Account"),
            Number("Below"),
            Text("Feature uses by day"),
            Number("Feature uses"),
            Number("Active time"),
            Number("Sessions"),
            Number("Users"),
        ];
        let rows = html! {
            tbody {
                @for (branch, answer) in &self.rows {
                    @let totals = &answer.totals;
                    tr {
                        th scope="row" {
                            a .gone[branch.is_deleted] title=(branch.title())
                                href=(kept.at(&address::account(&branch.account_id, ""))) {
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
                            td .n { (time(totals.active_time)) }
                            td .n { (format::number(totals.sessions)) }
                            td .n { (format::number(totals.users)) }
                        }
                    }
                }
            }
        };
        html! {
            (layout::table("Accounts", Some("accounts"), &columns, rows))
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
pub(super) async fn show(asked: OfAccount) -> Result<Markup, PageError> {
    let (shown, listed) = asked
        .show(|conn, shown, asked| Listed::read(conn, Some(shown.no), &asked.view, &asked.period))
        .await?;
    let OfAccount { view, period, .. } = &asked;
    let path = shown.address(Tab::Below);
    let content = html! {
        div .controls { (period.picker(&path, view)) }
        section .card {
            h2 { (format::count(listed.total, "account", "accounts")) " directly below" }
            p .hint { "Each figure includes everything below the account." }
            @if listed.total == 0 {
                (layout::empty("Nothing is below this account", html! {
                    "An account comes here when its " code { "parent_account_id" } " is "
                    code { (shown.account.account_id) } "."
                }))
            } @else {
                (listed.show(&path, view, period))
            }
        }
    };
    Ok(shown.page(Tab::Below, view, content))
}
