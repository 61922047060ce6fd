//! The first page: the accounts at the top, or the form to sign in.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use maud::html;
use serde::Deserialize;

use super::{
    Dashboard,
    address::View,
    asked::Query,
    children::Listed,
    error::PageError,
    format,
    layout::{self, Place},
    period::Period,
    session::SignedIn,
    sign_in,
    tree::{self, Tree},
};
use crate::{app::now_ms, store::browse};

/// Accounts that a search names.
const FOUND: usize = 200;

/// What else may be asked of the first page.
#[derive(Debug, Deserialize)]
pub(super) struct FirstQuery {
    /// Where to go after signing in.
    next: Option<String>,
    /// Which accounts to look for, where no script does it in place.
    search: Option<String>,
}

/// Shows the accounts at the top, or the form to sign in.
///
/// # Errors
/// 400 for wrong parameters.
pub(super) async fn show(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
    Query(query): Query<FirstQuery>,
    Query(view): Query<View>,
) -> Result<Response, PageError> {
    if !SignedIn::is(&dashboard, &headers)? {
        let next = sign_in::own_page(query.next.as_deref());
        return Ok(sign_in::form(next, None).into_response());
    }
    let period = Period::of(&view, now_ms())?;
    let (asked, span) = (view.clone(), period.clone());
    let search = query.search.filter(|text| !text.trim().is_empty());
    let wanted = search.clone();
    let store = &dashboard.app.store;
    let (tree, counts, listed, found) = store
        .read(move |conn| {
            let found = match &wanted {
                None => None,
                Some(text) => {
                    let (found, beyond) = browse::search(conn, text.trim(), FOUND)?;
                    let ways = found.iter().map(|branch| browse::path(conn, branch.no));
                    Some((ways.collect::<rusqlite::Result<Vec<_>>>()?, beyond))
                }
            };
            Ok((
                Tree::read(conn, Vec::new())?,
                browse::counts(conn)?,
                // Found accounts are shown instead of it.
                match found {
                    Some(_) => None,
                    None => Some(Listed::read(conn, None, &asked, &span)?),
                },
                found,
            ))
        })
        .await?;
    let (accounts, users) = counts;
    let content = html! {
        div .title { h1 { "Accounts" } }
        p .facts {
            span { (format::count(accounts, "account", "accounts")) }
            span { (format::count(users, "user", "users")) }
        }
        @if let (Some(text), Some((ways, beyond))) = (&search, &found) {
            section .card {
                h2 { "Accounts with “" (text.trim()) "”" }
                (tree::results(ways, *beyond, &view.only_period()))
            }
        } @else if accounts == 0 {
            section .card {
                (layout::empty("No accounts yet", html! {
                    "An account is made by the first event that names it. Make a pair of keys with "
                    code { "natero-collector keys create source" }
                    ", give it to your page, and its events appear under Live events."
                }))
            }
        } @else {
            div .controls { (period.picker("/", &view)) }
            section .card {
                h2 { "At the top" }
                p .hint { "Each figure includes everything below the account." }
                @if let Some(listed) = &listed { (listed.show("/", &view, &period)) }
            }
        }
    };
    let page = layout::page("Accounts", Place::Accounts, tree.show(&view), content);
    Ok(page.into_response())
}
