//! Events as they arrive. A script asks for what is new; without it the page
//! shows what has arrived last.

use axum::extract::State;
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Dashboard,
    account::Tab,
    address::{self, View},
    asked::{OfAccount, Query},
    error::PageError,
    format,
    layout::{
        self,
        Column::{Number, Text},
        Place,
    },
    session::SignedIn,
    tree::Tree,
};
use crate::{
    error::ApiError,
    store::{
        browse,
        export::{self, Wanted},
    },
    usage::Span,
};

/// Events that a page shows and a script asks for at a time.
const LIMIT: i64 = 100;
/// How far back events of one account are looked for: there is no index of
/// events by account, and a quiet one must not cost a pass over all of them.
const REACH: i64 = 100_000;

struct Latest {
    events: Vec<Value>,
    last: i64,
}

impl Latest {
    fn read(
        conn: &Connection,
        account_id: Option<String>,
        after: Option<i64>,
    ) -> rusqlite::Result<Self> {
        let newest = browse::last_event(conn)?.unwrap_or(0);
        let after = after.unwrap_or(0).max(newest - REACH);
        let wanted = Wanted {
            span: Span::new(None, None),
            account_id,
        };
        let (events, last) = export::latest(conn, &wanted, Some(after), LIMIT)?;
        Ok(Latest {
            events,
            // What other accounts sent has been looked at, too.
            last: last.unwrap_or(0).max(newest),
        })
    }

    fn rows(&self, shows_account: bool) -> Markup {
        html! {
            tbody data-last=(self.last) {
                @for event in &self.events { (row(event, shows_account)) }
            }
        }
    }

    fn show(&self, account_id: Option<&str>) -> Markup {
        let src = match account_id {
            None => "/fragments/events".to_owned(),
            Some(id) => format!("/fragments/events?account_id={}", address::escaped(id)),
        };
        let mut columns = ["Arrived", "Event", "Account", "User", "Product", "Module"]
            .map(Text)
            .to_vec();
        columns.push(Number("Amount"));
        if account_id.is_some() {
            columns.remove(2);
        }
        html! {
            section .card.live data-src=(src) {
                div .live-head {
                    h2 { "Events as they arrive" }
                    p .state role="status" { "The latest " (LIMIT) ", newest first. Reload for more." }
                    button .button type="button" aria-pressed="false" hidden { "Pause" }
                }
                (layout::table("Events", Some("events"), &columns, self.rows(account_id.is_none())))
                div .waiting hidden[!self.events.is_empty()] {
                    (layout::empty("No events yet", html! {
                        "Leave this page open and use your product: each event appears here as soon "
                        "as it is stored."
                    }))
                }
            }
        }
    }
}

fn row(event: &Value, shows_account: bool) -> Markup {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let received = event["received_at"].as_i64().unwrap_or(0);
    let amount = match text("action") {
        "feature" => event["total"]
            .as_f64()
            .map(|total| format!("× {}", format::sum(total))),
        "moduleEnd" => event["time_spent"].as_i64().map(format::duration),
        "sessionSync" => event["active_duration"].as_i64().map(format::duration),
        _ => None,
    };
    let at = format::rfc3339(received);
    html! {
        tr .aside[event["set_aside"] == true] {
            td { time datetime=(at) title=(format::day(received)) { (&at[11..19]) } }
            th scope="row" {
                code { (text("action")) }
                @if !text("feature").is_empty() { " " (text("feature")) }
                @if event["set_aside"] == true { small { "set aside: user of another account" } }
            }
            @if shows_account {
                td title=(text("account_id")) {
                    a href=(address::account(text("account_id"), "")) { (text("account_id")) }
                }
            }
            td title=(text("user_id")) { (text("user_id")) }
            td title=(text("product")) { (text("product")) }
            td title=(text("module")) { (text("module")) }
            td .n { (amount.unwrap_or_default()) }
        }
    }
}

/// Shows the latest events of all accounts.
///
/// # Errors
/// Where the store fails.
pub(super) async fn show(
    State(dashboard): State<Dashboard>,
    _: SignedIn,
    Query(view): Query<View>,
) -> Result<Markup, PageError> {
    let (tree, latest) = dashboard
        .app
        .store
        .read(|conn| {
            Ok((
                Tree::read(conn, Vec::new())?,
                Latest::read(conn, None, None)?,
            ))
        })
        .await?;
    let content = html! {
        div .title { h1 { "Live events" } }
        (latest.show(None))
    };
    Ok(layout::page(
        "Live events",
        Place::Events,
        tree.show(&view),
        content,
    ))
}

/// Shows the latest events of one account.
///
/// # Errors
/// 404 where it is unknown.
pub(super) async fn show_account(asked: OfAccount) -> Result<Markup, PageError> {
    let (shown, latest) = asked
        .show(|conn, _, asked| Latest::read(conn, Some(asked.account_id.clone()), None))
        .await?;
    let content = html! {
        @if shown.below > 0 {
            p .hint { "Events that name this account itself; those of accounts below are on their own pages." }
        }
        (latest.show(Some(&asked.account_id)))
    };
    Ok(shown.page(Tab::Events, &asked.view, content))
}

/// Which events.
#[derive(Debug, Deserialize)]
pub(super) struct RowsQuery {
    after: Option<i64>,
    account_id: Option<String>,
}

/// Answers what arrived after an event.
///
/// # Errors
/// Where the store fails.
pub(super) async fn rows(
    State(dashboard): State<Dashboard>,
    _: SignedIn,
    Query(query): Query<RowsQuery>,
) -> Result<Markup, ApiError> {
    let shows_account = query.account_id.is_none();
    let latest = dashboard
        .app
        .store
        .read(move |conn| Latest::read(conn, query.account_id, query.after))
        .await?;
    Ok(latest.rows(shows_account))
}
