//! The search for accounts and users.

use axum::extract::State;
use maud::{Markup, html};
use serde::Deserialize;

use super::{address, format, query::Query, signed_in::SignedIn, state::Dashboard, view::View};
use crate::{
    http::error::ApiError,
    store::search::{Found, SearchQuestion},
};

/// Most accounts, and most users, that the search next to a page shows.
const MAX_FOUND: usize = 25;

/// Parameters of the search.
#[derive(Debug, Deserialize)]
pub(crate) struct SearchQuery {
    search: String,
}

/// Answers with the accounts and users whose name or id contains a text.
///
/// # Errors
/// When the store fails.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(query): Query<SearchQuery>,
    Query(view): Query<View>,
) -> Result<Markup, ApiError> {
    let question = SearchQuestion {
        text: query.search.trim().to_owned(),
        within: rights.within,
        limit: MAX_FOUND,
    };
    let found = dashboard.app.store.search(question).await?;
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
                            a href=(view.at(&address::account(&entry.account_id, ""))) {
                                span .gone[entry.is_deleted] { (entry.title()) }
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
                        a href=(view.at(&address::user(&user.user_id))) {
                            span .gone[user.is_deleted] { (user.name.as_ref().unwrap_or(&user.user_id)) }
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
