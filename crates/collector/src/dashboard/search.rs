//! The search for accounts and users.

use axum::extract::State;
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;

use super::{
    address, format, query::Query, rights::Rights, signed_in::SignedIn, state::Dashboard,
    view::View,
};
use crate::{
    http::error::ApiError,
    store::sqlite::{
        account_tree::{self, TreeEntry},
        user_search::{self, FoundUser},
    },
};

/// Most accounts, and most users, that the search beside a page shows.
const MAX_FOUND: usize = 25;

/// What a search found.
#[derive(Debug)]
pub(crate) struct Found {
    /// Each account with the path to it.
    accounts: Vec<Vec<TreeEntry>>,
    users: Vec<FoundUser>,
    /// Number of accounts and users that are not among them.
    beyond: usize,
}

impl Found {
    /// Finds accounts and users with a text in their name or id.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(crate) fn read(
        conn: &Connection,
        text: &str,
        rights: Rights,
        limit: usize,
    ) -> rusqlite::Result<Self> {
        let (accounts, more_accounts) = account_tree::search(conn, text, rights.within, limit)?;
        let (users, more_users) = user_search::search(conn, text, rights.within, limit)?;
        let accounts = accounts
            .into_iter()
            .map(|entry| {
                let mut path = account_tree::path(conn, entry.row)?;
                // What is above the accounts that may be seen is not shown.
                if let Some(first) = path
                    .iter()
                    .position(|entry| Some(entry.row) == rights.within)
                {
                    path.drain(..first);
                }
                Ok(path)
            })
            .collect::<rusqlite::Result<_>>()?;
        Ok(Found {
            accounts,
            users,
            beyond: more_accounts + more_users,
        })
    }
}

/// Parameters of the search.
#[derive(Debug, Deserialize)]
pub(crate) struct SearchQuery {
    search: String,
}

/// Answers the accounts and users with a text in their name or id.
///
/// # Errors
/// When the store fails.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(query): Query<SearchQuery>,
    Query(view): Query<View>,
) -> Result<Markup, ApiError> {
    let text = query.search.trim().to_owned();
    let found = dashboard
        .app
        .store
        .read(move |conn| Found::read(conn, &text, rights, MAX_FOUND))
        .await?;
    Ok(results(&found, &view.only_period()))
}

/// Renders the results of a search.
pub(crate) fn results(found: &Found, view: &View) -> Markup {
    html! {
        @if found.accounts.is_empty() && found.users.is_empty() {
            p .none { "No account or user has this in its name or id." }
        }
        @if !found.accounts.is_empty() {
            ul .results {
                @for path in &found.accounts {
                    @if let Some((entry, above)) = path.split_last() {
                        li {
                            a .gone[entry.is_deleted] href=(view.at(&address::account(&entry.account_id, ""))) {
                                span { (entry.title()) }
                                @if let Some(above) = above.last() { small { "in " (above.title()) } }
                                @else if entry.name.is_some() { small { (entry.account_id) } }
                            }
                        }
                    }
                }
            }
        }
        @if !found.users.is_empty() {
            p .results-head { "Users" }
            ul .results {
                @for user in &found.users {
                    li {
                        a .gone[user.is_deleted] href=(view.at(&address::user(&user.user_id))) {
                            span { (user.name.as_ref().unwrap_or(&user.user_id)) }
                            small { "user in " (user.account) }
                        }
                    }
                }
            }
        }
        @if found.beyond > 0 {
            p .none { "and " (format::number(found.beyond as i64)) " more; type more of the name" }
        }
    }
}
