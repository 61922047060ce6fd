//! The account tree. Each level is read only when it is opened, so a page takes as long for
//! ten thousand accounts as for ten.

use axum::extract::State;
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    address::{self, escaped},
    format,
    query::Query,
    signed_in::SignedIn,
    state::Dashboard,
    view::View,
};
use crate::{
    http::{
        api::{accounts::Accounts, resource::Resource},
        error::ApiError,
    },
    model::page::Page,
    store::tree::{LEVEL, LevelQuestion, Tree, TreeEntry},
};

impl Tree {
    /// Renders the search and the tree.
    pub(crate) fn show(&self, view: &View) -> Markup {
        let view = view.only_period();
        html! {
            form .search role="search" method="get" action="/" data-src=(view.at("/fragments/search")) {
                label .hidden for="search" { "Find an account or a user" }
                input #search type="search" name="search" placeholder="Find an account or a user" autocomplete="off";
                @for (name, value) in view.query() { input type="hidden" name=(name) value=(value); }
            }
            div #found aria-live="polite" hidden {}
            form #tree method="get" action="/" aria-label="Tree of accounts" {
                // Without a script, the buttons lead to the pages of the accounts.
                @for (name, value) in view.query() { input type="hidden" name=(name) value=(value); }
                @if self.skipped > 0 {
                    @let above = &self.path[self.skipped - 1];
                    p .above {
                        a href=(view.at(&address::account(&above.account_id, ""))) { "↑ " (above.title()) }
                    }
                }
                (self.level(0, &view))
            }
        }
    }

    fn level(&self, at: usize, view: &View) -> Markup {
        let Some(level) = self.levels.get(at) else {
            return html! {};
        };
        let on_path = self.path.get(self.skipped + at);
        html! {
            ul {
                @for branch in &level.branches {
                    @let is_on_path = on_path.is_some_and(|wanted| wanted.account_id == branch.account_id);
                    @let is_current = is_on_path && self.skipped + at + 1 == self.path.len();
                    @let is_open = is_on_path && at + 1 < self.levels.len();
                    li {
                        (line(branch, is_current, is_open, view))
                        @if is_open { (self.level(at + 1, view)) }
                    }
                }
                @if at > 0 || !self.has_one_root { (more(level.parent.as_deref(), 1, level.total, view)) }
            }
        }
    }
}

fn line(branch: &TreeEntry, is_current: bool, is_open: bool, view: &View) -> Markup {
    html! {
        div .line {
            @if branch.children > 0 {
                button .twist type="submit" formaction=(address::account(&branch.account_id, "")) aria-expanded=(is_open)
                    aria-label={"Accounts below " (branch.title())}
                    data-src=(level_at(Some(&branch.account_id), 1, view)) {}
            } @else {
                span .twist {}
            }
            a .gone[branch.is_deleted] dir="auto" href=(view.at(&address::account(&branch.account_id, "")))
                aria-current=[is_current.then_some("page")] title=(branch.title()) {
                (branch.title())
            }
            @if branch.children > 0 { span .many { (format::number(branch.children)) } }
        }
    }
}

fn level_at(parent: Option<&str>, page: i64, view: &View) -> String {
    let parent = parent.map_or(String::new(), |parent| {
        format!("parent={}&", escaped(parent))
    });
    view.at(&format!("/fragments/tree?{parent}number={page}"))
}

fn more(parent: Option<&str>, page: i64, total: i64, view: &View) -> Markup {
    let rest = total - page * LEVEL;
    html! {
        @if rest > 0 {
            li .more {
                button .quiet type="submit" formaction=(parent.map_or("/".to_owned(), |parent| address::account(parent, "/below")))
                    data-src=(level_at(parent, page + 1, view)) {
                    "Show " (format::number(rest.min(LEVEL))) " more of " (format::number(total))
                }
            }
        }
    }
}

/// Parameters of the fragment.
#[derive(Debug, Deserialize)]
pub(crate) struct LevelQuery {
    parent: Option<String>,
    number: Option<i64>,
}

/// Answers with a page of the children of an account.
///
/// # Errors
/// 404 when the account is unknown.
pub(crate) async fn level(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(query): Query<LevelQuery>,
    Query(view): Query<View>,
) -> Result<Markup, ApiError> {
    let number = query.number.unwrap_or(1).max(1);
    let question = LevelQuestion {
        parent: query.parent.clone(),
        within: rights.within,
        page: Page {
            limit: LEVEL,
            number,
        },
    };
    let found = dashboard.app.store.tree_level(question).await?;
    let (branches, total) =
        found.ok_or_else(|| Accounts::not_found(query.parent.as_deref().unwrap_or_default()))?;
    let view = view.only_period();
    Ok(html! {
        @for branch in &branches {
            li { (line(branch, false, false, &view)) }
        }
        (more(query.parent.as_deref(), number, total, &view))
    })
}
