//! The tree of accounts: a level at a time, so that ten thousand of them cost
//! no more than the few that are looked at.

use axum::extract::State;
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;

use super::{
    Dashboard,
    address::{self, View, escaped},
    asked::Query,
    format,
    session::SignedIn,
};
use crate::{
    accounts::unknown,
    error::ApiError,
    store::{
        accounts,
        browse::{self, Branch},
        page::Page,
    },
};

/// Accounts of one level that are shown at a time; more than fit on a screen.
const LEVEL: i64 = 50;
/// Levels above an account that are shown in the tree. Deeper ones leave no
/// room for names.
const LEVELS: usize = 6;
/// Found accounts that are shown. Who sees more types more.
const FOUND: usize = 50;

/// The tree with the way to an account opened, and the search above it.
#[derive(Debug)]
pub(super) struct Tree {
    levels: Vec<Level>,
    /// The way to the account.
    way: Vec<Branch>,
    /// Levels of the way that have no room.
    skipped: usize,
}

#[derive(Debug)]
struct Level {
    parent: Option<String>,
    branches: Vec<Branch>,
    total: i64,
}

impl Level {
    fn read(
        conn: &Connection,
        parent: Option<&Branch>,
        on_the_way: Option<&Branch>,
    ) -> rusqlite::Result<Self> {
        let page = Page {
            limit: LEVEL,
            number: 1,
        };
        let (mut branches, total) = browse::children(conn, parent.map(|parent| parent.no), page)?;
        // What is looked at is shown even where it comes far down the list.
        if let Some(wanted) = on_the_way
            && !branches.iter().any(|branch| branch.no == wanted.no)
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
    /// Reads the tree as far as it is open.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn read(conn: &Connection, way: Vec<Branch>) -> rusqlite::Result<Self> {
        let skipped = way.len().saturating_sub(LEVELS + 1);
        let mut levels = Vec::new();
        for at in skipped..=way.len() {
            let parent = at.checked_sub(1).map(|above| &way[above]);
            // A leaf opens no level.
            if parent.is_some_and(|parent| parent.children == 0) {
                break;
            }
            levels.push(Level::read(conn, parent, way.get(at))?);
        }
        Ok(Tree {
            levels,
            way,
            skipped,
        })
    }

    /// The search and the tree.
    pub(super) fn show(&self, view: &View) -> Markup {
        let view = view.only_period();
        html! {
            form .search role="search" method="get" action="/" data-src=(view.at("/fragments/search")) {
                label .hidden for="search" { "Find an account" }
                input #search type="search" name="search" placeholder="Find an account" autocomplete="off";
            }
            div #found aria-live="polite" hidden {}
            div #tree {
                @if self.skipped > 0 {
                    @let above = &self.way[self.skipped - 1];
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
        let on_the_way = self.way.get(self.skipped + at);
        html! {
            ul {
                @for branch in &level.branches {
                    @let is_on_the_way = on_the_way.is_some_and(|wanted| wanted.no == branch.no);
                    @let is_current = is_on_the_way && self.skipped + at + 1 == self.way.len();
                    @let is_open = is_on_the_way && at + 1 < self.levels.len();
                    li {
                        (line(branch, is_current, is_open, view))
                        @if is_open { (self.level(at + 1, view)) }
                    }
                }
                (more(level.parent.as_deref(), 1, level.total, view))
            }
        }
    }
}

fn line(branch: &Branch, is_current: bool, is_open: bool, view: &View) -> Markup {
    html! {
        div .line {
            @if branch.children > 0 {
                button .twist type="button" aria-expanded=(is_open)
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
                button .quiet type="button" data-src=(level_at(parent, page + 1, view)) {
                    "Show " (format::number(rest.min(LEVEL))) " more of " (format::number(total))
                }
            }
        }
    }
}

/// Which part of a level.
#[derive(Debug, Deserialize)]
pub(super) struct LevelQuery {
    parent: Option<String>,
    number: Option<i64>,
}

/// Answers the accounts below one.
///
/// # Errors
/// 404 where it is unknown.
pub(super) async fn branches(
    State(dashboard): State<Dashboard>,
    _: SignedIn,
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
                None => None,
                Some(id) => match accounts::no(conn, id)? {
                    None => return Ok(None),
                    no => no,
                },
            };
            let page = Page {
                limit: LEVEL,
                number,
            };
            browse::children(conn, no, page).map(Some)
        })
        .await?;
    let (branches, total) =
        found.ok_or_else(|| unknown(query.parent.as_deref().unwrap_or_default()))?;
    let view = view.only_period();
    Ok(html! {
        @for branch in &branches {
            li { (line(branch, false, false, &view)) }
        }
        (more(query.parent.as_deref(), number, total, &view))
    })
}

/// What is looked for.
#[derive(Debug, Deserialize)]
pub(super) struct SearchQuery {
    search: String,
}

/// Answers the accounts with a text in their name or id.
///
/// # Errors
/// Where the store fails.
pub(super) async fn found(
    State(dashboard): State<Dashboard>,
    _: SignedIn,
    Query(query): Query<SearchQuery>,
    Query(view): Query<View>,
) -> Result<Markup, ApiError> {
    let text = query.search.trim().to_owned();
    let (found, beyond) = dashboard
        .app
        .store
        .read(move |conn| {
            let (found, beyond) = browse::search(conn, &text, FOUND)?;
            let found = found
                .into_iter()
                .map(|branch| browse::path(conn, branch.no))
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok((found, beyond))
        })
        .await?;
    let view = view.only_period();
    Ok(results(&found, beyond, &view))
}

/// Accounts that were found, each with the way to it.
pub(super) fn results(found: &[Vec<Branch>], beyond: usize, view: &View) -> Markup {
    html! {
        @if found.is_empty() {
            p .none { "No account has this in its name or id." }
        } @else {
            ul .results {
                @for way in found {
                    @if let Some((branch, above)) = way.split_last() {
                        li {
                            a .gone[branch.is_deleted] href=(view.at(&address::account(&branch.account_id, ""))) {
                                span { (branch.title()) }
                                @if let Some(above) = above.last() { small { "in " (above.title()) } }
                                @else if branch.name.is_some() { small { (branch.account_id) } }
                            }
                        }
                    }
                }
            }
            @if beyond > 0 {
                p .none { "and " (format::number(beyond as i64)) " more; type more of the name" }
            }
        }
    }
}
