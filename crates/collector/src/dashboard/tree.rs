//! The account tree. Each level is read when it is opened, so that a page takes the
//! same time for ten thousand accounts as for ten.

use axum::extract::State;
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;

use super::{
    address::{self, escaped},
    format,
    query::Query,
    rights::Rights,
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
    store::sqlite::{
        account_tree::{self, TreeEntry},
        accounts,
    },
};

/// Accounts of one level that are shown at a time, more than fit on a screen.
const LEVEL: i64 = 50;
/// Most levels that the tree shows above an account. More would leave no room for
/// names.
const LEVELS: usize = 6;

/// The tree, opened along the path to an account, and the search.
#[derive(Debug)]
pub(crate) struct Tree {
    levels: Vec<Level>,
    /// The path from the root to the account.
    path: Vec<TreeEntry>,
    /// Number of levels at the beginning of the path that are not shown.
    skipped: usize,
    /// Whether the first level is the only account that may be seen.
    has_one_root: bool,
}

#[derive(Debug)]
struct Level {
    parent: Option<String>,
    branches: Vec<TreeEntry>,
    total: i64,
}

impl Level {
    fn read(
        conn: &Connection,
        parent: Option<&TreeEntry>,
        on_path: Option<&TreeEntry>,
    ) -> rusqlite::Result<Self> {
        let page = Page {
            limit: LEVEL,
            number: 1,
        };
        let (mut branches, total) =
            account_tree::children(conn, parent.map(|parent| parent.row), page)?;
        // The account on the path is shown even when it is not on the first page.
        if let Some(wanted) = on_path
            && !branches.iter().any(|branch| branch.row == wanted.row)
        {
            branches.insert(0, wanted.clone());
        }
        Ok(Level {
            parent: parent.map(|parent| parent.account_id.clone()),
            branches,
            total,
        })
    }
}

impl Tree {
    /// Reads the open levels of the tree.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(crate) fn read(
        conn: &Connection,
        rights: Rights,
        mut path: Vec<TreeEntry>,
    ) -> rusqlite::Result<Self> {
        let root = rights
            .within
            .map(|root| account_tree::entry(conn, root))
            .transpose()?;
        if let Some(root) = &root {
            let first = path.iter().position(|entry| entry.row == root.row);
            path.drain(..first.unwrap_or(path.len()));
            if path.is_empty() {
                path.push(root.clone());
            }
        }
        let skipped = path.len().saturating_sub(LEVELS + 1);
        let mut levels = Vec::new();
        for at in skipped..=path.len() {
            let parent = at.checked_sub(1).map(|above| &path[above]);
            // A leaf opens no level.
            if parent.is_some_and(|parent| parent.children == 0) {
                break;
            }
            levels.push(match (&root, parent) {
                (Some(root), None) => Level {
                    parent: None,
                    branches: vec![root.clone()],
                    total: 1,
                },
                _ => Level::read(conn, parent, path.get(at))?,
            });
        }
        Ok(Tree {
            levels,
            path,
            skipped,
            has_one_root: root.is_some(),
        })
    }

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
                    @let is_on_path = on_path.is_some_and(|wanted| wanted.row == branch.row);
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
            a .gone[branch.is_deleted] href=(view.at(&address::account(&branch.account_id, "")))
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

/// Answers a page of the children of an account.
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
    let parent = query.parent.clone();
    let found = dashboard
        .app
        .store
        .read(move |conn| {
            let no = match &parent {
                None if rights.within.is_some() => return Ok(None),
                None => None,
                Some(id) => match accounts::find_row(conn, id)? {
                    Some(no) if rights.see(conn, no)? => Some(no),
                    Some(_) | None => return Ok(None),
                },
            };
            let page = Page {
                limit: LEVEL,
                number,
            };
            account_tree::children(conn, no, page).map(Some)
        })
        .await?;
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
