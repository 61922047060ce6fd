//! What all pages of one account share: its name, the way to it, its tabs.

use maud::{Markup, html};
use rusqlite::Connection;

use super::{
    address::{self, View},
    format,
    layout::{self, Place},
    tree::Tree,
};
use crate::{
    entity::Account,
    store::{accounts, accounts::AccountNo, browse, browse::Branch, users},
};

/// Ancestors that are named above an account; of a longer way the middle is
/// left out.
const NAMED: usize = 4;

/// An account as its pages show it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) no: AccountNo,
    pub(super) account: Account,
    tree: Tree,
    way: Vec<Branch>,
    /// Accounts below it, at any depth.
    pub(super) below: i64,
    users: i64,
}

/// Pages of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Usage,
    Below,
    Users,
    Records,
    Events,
}

impl Shown {
    /// Reads an account that is known.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn read(
        conn: &Connection,
        no: AccountNo,
        account_id: &str,
    ) -> rusqlite::Result<Self> {
        let way = browse::path(conn, no)?;
        Ok(Shown {
            no,
            account: accounts::find(conn, account_id)?.unwrap_or_default(),
            tree: Tree::read(conn, way.clone())?,
            way,
            below: browse::count_below(conn, no)?,
            users: users::count(conn, Some(no))?,
        })
    }

    /// Its name, or its id where it has none.
    fn title(&self) -> &str {
        self.account
            .name
            .as_deref()
            .unwrap_or(&self.account.account_id)
    }

    /// The address of one of its pages.
    pub(super) fn address(&self, tab: Tab) -> String {
        let page = match tab {
            Tab::Usage => "",
            Tab::Below => "/below",
            Tab::Users => "/users",
            Tab::Records => "/records",
            Tab::Events => "/events",
        };
        address::account(&self.account.account_id, page)
    }

    /// One of its pages.
    pub(super) fn page(&self, tab: Tab, view: &View, content: Markup) -> Markup {
        let content = html! {
            (self.head(tab, view))
            (content)
        };
        layout::page(self.title(), Place::Accounts, self.tree.show(view), content)
    }

    /// The way to it, its name, what is known of it, and its tabs.
    fn head(&self, open: Tab, view: &View) -> Markup {
        let account = &self.account;
        let view = view.without_parts();
        html! {
            (self.way(&view))
            div .title {
                h1 { (self.title()) }
                @if let Some(label) = &account.hierarchy_label { span .badge { (label) } }
                @if account.is_deleted { span .badge.warn { "Deactivated" } }
            }
            p .facts {
                code { (account.account_id) }
                @if self.below > 0 { span { (format::count(self.below, "account", "accounts")) " below" } }
                @if let Some(joined) = account.join_date { span { "Customer since " (format::day(joined)) } }
            }
            nav .tabs aria-label="Account" {
                @for (tab, words, count) in [
                    (Tab::Usage, "Usage", None),
                    (Tab::Below, "Accounts below", Some(self.below)),
                    // Of an account with others below it, the page shows theirs.
                    (Tab::Users, "Users", (self.users > 0 && self.below == 0).then_some(self.users)),
                    (Tab::Records, "Records", None),
                    (Tab::Events, "Live events", None),
                ] {
                    @if count != Some(0) {
                        a href=(view.at(&self.address(tab))) aria-current=[(tab == open).then_some("page")] {
                            (words)
                            @if let Some(count) = count { span .many { (format::number(count)) } }
                        }
                    }
                }
            }
        }
    }

    fn way(&self, view: &View) -> Markup {
        let above = &self.way[..self.way.len().saturating_sub(1)];
        let hidden = above.len().saturating_sub(NAMED);
        html! {
            nav .way aria-label="Accounts above" {
                ol {
                    li { a href=(view.only_period().at("/")) { "Accounts" } }
                    @for (at, branch) in above.iter().enumerate() {
                        @if hidden == 0 || at == 0 || at > hidden {
                            li { a href=(view.at(&address::account(&branch.account_id, ""))) { (branch.title()) } }
                        } @else if at == 1 {
                            li { span title=(format::count(hidden as i64, "account", "accounts")) { "…" } }
                        }
                    }
                }
            }
        }
    }

    /// The switch between the account with all below it and the account alone.
    pub(super) fn roll_up_switch(&self, tab: Tab, view: &View) -> Markup {
        let at = |rollup: Option<String>| {
            let view = View {
                rollup,
                page: None,
                ..view.clone()
            };
            view.at(&self.address(tab))
        };
        let rolls_up = view.rolls_up();
        html! {
            @if self.below > 0 {
                nav .segments aria-label="Roll-up" {
                    a href=(at(None)) aria-current=[rolls_up.then_some("true")] { "With accounts below" }
                    a href=(at(Some("false".into()))) aria-current=[(!rolls_up).then_some("true")] {
                        "This account alone"
                    }
                }
            }
        }
    }
}
