//! The first page: all customers and what they use, the results of a search, or the
//! sign-in form.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    account_list::AccountList,
    error::PageError,
    format,
    layout::{self, NavigationEntry},
    query::Query,
    saved_views, search,
    sheet::Sheet,
    sign_in,
    signed_in::SignedIn,
    state::Dashboard,
    view::View,
};
use crate::store::{
    accounts_page::{AccountsContent, AccountsPage, AccountsPageQuestion, Wanted},
    portfolio::{ListLevel, ListQuestion},
    search::Found,
};

/// Most accounts and users that a search shows.
const MAX_FOUND: usize = 200;

/// Parameters of the first page besides its view.
#[derive(Debug, Deserialize)]
pub(crate) struct FirstQuery {
    /// The page to open after signing in.
    next: Option<String>,
    /// The text of a search, from browsers without scripts.
    search: Option<String>,
}

/// Shows all customers, the results of a search, or the sign-in form.
///
/// # Errors
/// 400 for invalid parameters.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
    uri: Uri,
    Query(query): Query<FirstQuery>,
    view: Result<Query<View>, Response>,
) -> Result<Response, PageError> {
    let Some(SignedIn { rights }) = SignedIn::find(&dashboard, &headers).await? else {
        // After signing in, a link to a filtered list leads to that list.
        let this = uri.path_and_query().map(|address| address.as_str());
        let next = sign_in::own_page(query.next.as_deref().or(this));
        return Ok(sign_in::form(next, None).into_response());
    };
    // On a link from another site, the browser did not send the cookie. It does for this
    // redirect.
    if let Some(next) = &query.next {
        return Ok(Redirect::to(sign_in::own_page(Some(next))).into_response());
    }
    // The view is read only here, so that somebody who is not signed in gets the sign-in
    // form even when the query is invalid.
    let Query(view) = match view {
        Ok(view) => view,
        Err(refused) => return Ok(refused),
    };
    let period = dashboard.period(&view);
    let search = query.search.filter(|text| !text.trim().is_empty());
    let list = ListQuestion {
        with_lone_root: true,
        ..AccountList::question(ListLevel::Top, &view, &period)
    };
    let wanted = match &search {
        Some(text) => Wanted::Found {
            text: text.trim().to_owned(),
            limit: MAX_FOUND,
        },
        None => Wanted::List(list.clone()),
    };
    let question = AccountsPageQuestion {
        within: rights.within.clone(),
        wanted,
    };
    let AccountsPage {
        tree,
        accounts,
        users,
        content,
    } = dashboard.app.store.page_accounts(question).await?;
    let sheet = Sheet::default();
    let content = html! {
        div .title { h1 { "Accounts" } }
        p .facts {
            span { (format::count(accounts, "account", "accounts")) }
            span { (format::count(users, "user", "users")) }
            @if rights.may_change { a href=(view.only_period().at("/import")) { "Import" } }
        }
        @match content {
            AccountsContent::Found(found) => (results(&found, search.as_deref().unwrap_or_default(), &view)),
            AccountsContent::List(..) if accounts == 0 && view.csv.is_none() => (nothing_yet()),
            AccountsContent::List(portfolio, saved) => {
                (saved_views::show(&saved, &view, &rights))
                (layout::filters_link())
                (AccountList::new(&list, !rights.within.is_all(), *portfolio).show(&sheet, "/", &view, &period))
            }
        }
    };
    let page = layout::page(
        "Accounts",
        Some(NavigationEntry::Accounts),
        &view,
        &rights,
        tree.show(&view),
        content,
    );
    Ok(sheet.answer(&view, page))
}

fn results(found: &Found, text: &str, view: &View) -> Markup {
    html! {
        section .card {
            h2 { "Accounts and users with “" (text.trim()) "”" }
            (search::results(found, &view.only_period()))
        }
    }
}

fn nothing_yet() -> Markup {
    html! {
        section .card {
            (layout::empty("No accounts yet", html! {
                "The first event that names an account creates it. Create a pair of keys with "
                code { "natero-collector keys create source" }
                ", give it to your page, and its events appear under Live events."
            }))
        }
    }
}
