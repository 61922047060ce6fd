//! Events as they arrive. A script requests new events; without it, the page shows
//! the events that had arrived when it was loaded.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use maud::{Markup, html};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    account_header::Tab,
    account_page::AccountRequest,
    address,
    error::PageError,
    format,
    layout::{self, NavigationEntry},
    query::Query,
    rights::Rights,
    sheet::Sheet,
    signed_in::SignedIn,
    state::Dashboard,
    table::{Column, Table},
    table_choice::Sort,
    tree::Tree,
    user_page::{self, amount},
    value::Value,
    view::View,
};
use crate::{
    http::error::ApiError,
    model::{calendar::TimeZone, usage::Span},
    store::sqlite::{
        accounts, events,
        export::{self, EventFilter},
        rows::EventRow,
        users,
    },
};

/// Most events that a page shows or a script gets at a time.
const LIMIT: usize = 100;
/// Number of latest events among which those of one account or with a text are
/// searched. No index has events by account, and a search must not read all of
/// them.
const REACH: i64 = 100_000;

/// Id of the table.
const TABLE: &str = "events";

/// An event with the names of its account and user.
struct NamedEvent {
    event: Json,
    account: String,
    user: String,
}

struct Latest {
    events: Vec<NamedEvent>,
    last: Option<EventRow>,
}

impl Latest {
    fn read(
        conn: &Connection,
        rights: Rights,
        account_id: Option<String>,
        text: Option<&str>,
        after: Option<EventRow>,
    ) -> rusqlite::Result<Self> {
        let newest = events::last(conn)?;
        let reach = newest.and_then(|newest| EventRow::from_number(newest.number() - REACH));
        let filter = EventFilter {
            span: Span::ALL,
            account_id,
        };
        let (events, last) = export::latest(conn, &filter, text, after.max(reach), LIMIT)?;
        let mut accounts = HashMap::new();
        let mut users = HashMap::new();
        let events = events
            .into_iter()
            .map(|event| {
                let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
                let (account, user) = (text("account_id"), text("user_id"));
                Ok(NamedEvent {
                    account: account_name(conn, account, &mut accounts)?,
                    user: user_name(conn, rights, user, &mut users)?,
                    event,
                })
            })
            .collect::<rusqlite::Result<_>>()?;
        Ok(Latest {
            events,
            // Events of other accounts were searched, too.
            last: last.max(newest),
        })
    }

    fn last(&self) -> i64 {
        self.last.map_or(0, EventRow::number)
    }

    /// `usual` is the time zone where the view names none.
    fn show(
        self,
        sheet: &Sheet,
        account_id: Option<&str>,
        path: &str,
        view: &View,
        usual: &TimeZone,
    ) -> Markup {
        let find = view.table(TABLE).find;
        let mut src = "/fragments/events?".to_owned();
        if let Some(id) = account_id {
            src += &format!("account_id={}&", address::escaped(id));
        }
        if let Some(text) = &find {
            src += &format!("find={}&", address::escaped(text));
        }
        if let Some(zone) = &view.time_zone {
            src += &format!("tz={}&", address::escaped(zone.name()));
        }
        let zone = view.time_zone.as_ref().unwrap_or(usual);
        let table = table(account_id.is_none(), path, view, zone);
        let is_empty = self.events.is_empty();
        html! {
            section .card.live data-src=(src) data-last=(self.last()) {
                div .live-head {
                    h2 { "Events as they arrive" }
                    p .state role="status" { "The latest " (LIMIT) ", newest first. Reload for more." }
                    button .button type="button" aria-pressed="false" hidden { "Pause" }
                }
                form .find-in method="get" action=(path) role="search" aria-label="Filter the events" {
                    input type="search" name={"find." (TABLE)} value=[&find] aria-label="Id of an account or user, feature, module or product"
                        placeholder="Account id, user id, feature …";
                    @if let Some(zone) = &view.time_zone { input type="hidden" name="tz" value=(zone.name()); }
                    button .button type="submit" { "Filter" }
                }
                (sheet.table(&table.without_search().with_limit(LIMIT), self.events))
                div .waiting hidden[!is_empty] {
                    @if find.is_some() {
                        (layout::empty("No event has this text", html! {
                            "Among the latest " (format::number(REACH)) " events, none does."
                        }))
                    } @else {
                        (layout::empty("No events yet", html! {
                            "Leave this page open and use your product: each event appears here as soon "
                            "as it is stored."
                        }))
                    }
                }
            }
        }
    }
}

fn account_name(
    conn: &Connection,
    id: String,
    known: &mut HashMap<String, String>,
) -> rusqlite::Result<String> {
    if let Some(name) = known.get(&id) {
        return Ok(name.clone());
    }
    let name = accounts::find(conn, &id)?.and_then(|account| account.name);
    let name = name.unwrap_or_else(|| id.clone());
    known.insert(id, name.clone());
    Ok(name)
}

/// The name of a user; the id where the user belongs to an account that is not to be
/// seen.
fn user_name(
    conn: &Connection,
    rights: Rights,
    id: String,
    known: &mut HashMap<String, String>,
) -> rusqlite::Result<String> {
    if let Some(name) = known.get(&id) {
        return Ok(name.clone());
    }
    let name = match users::find_with_account(conn, &id)? {
        Some((_, account)) if rights.see(conn, account)? => {
            users::find(conn, &id)?.map(|user| user_page::title(&user))
        }
        _ => None,
    };
    let name = name.unwrap_or_else(|| id.clone());
    known.insert(id, name.clone());
    Ok(name)
}

impl NamedEvent {
    fn text(&self, name: &str) -> &str {
        self.event[name].as_str().unwrap_or_default()
    }

    fn is_set_aside(&self) -> bool {
        self.event["set_aside"] == true
    }

    fn optional(&self, name: &str) -> Value {
        Value::text(self.event[name].as_str().map(str::to_owned))
    }
}

fn table<'v>(
    shows_account: bool,
    path: &str,
    view: &'v View,
    zone: &TimeZone,
) -> Table<'v, NamedEvent> {
    let (zone, shown_zone) = (zone.clone(), zone.clone());
    let mut table = Table::new(TABLE, "Events", Sort::down("arrived"), path, view)
        .with(
            Column::text("event", "Event", |event: &NamedEvent| {
                Value::Text(format!("{} {}", event.text("action"), event.text("feature")).trim().to_owned())
            })
            .shown(|event| {
                html! {
                    code { (event.text("action")) }
                    @if !event.text("feature").is_empty() { " " (event.text("feature")) }
                    @if event.is_set_aside() { small .aside { "set aside: user of another account" } }
                }
            }),
        )
        .with(
            Column::text("arrived", "Arrived", move |event: &NamedEvent| {
                let at = event.event["received_at"].as_i64();
                at.map_or(Value::None, |at| Value::time(at, &zone))
            })
            .shown(move |event| {
                let at = event.event["received_at"].as_i64().unwrap_or(0);
                let day = format::short_day(shown_zone.day_at(at));
                html! { time datetime=(format::rfc3339(at)) { (day) ", " (shown_zone.time_at(at)) } }
            }),
        );
    if shows_account {
        table = table.with(
            Column::text("account", "Account", |event: &NamedEvent| {
                Value::Text(event.account.clone())
            })
            .shown(|event| {
                let id = event.text("account_id");
                html! { a title=(id) href=(address::account(id, "")) { (event.account) } }
            }),
        );
    }
    table
        .with(
            Column::text("user", "User", |event: &NamedEvent| {
                Value::Text(event.user.clone())
            })
            .shown(|event| {
                let id = event.text("user_id");
                html! { a title=(id) href=(address::user(id)) { (event.user) } }
            }),
        )
        .with(
            Column::text("account_id", "Account id", |event: &NamedEvent| {
                event.optional("account_id")
            })
            .only_in_csv(),
        )
        .with(
            Column::text("user_id", "User id", |event: &NamedEvent| {
                event.optional("user_id")
            })
            .only_in_csv(),
        )
        .with(Column::text("product", "Product", |event: &NamedEvent| {
            event.optional("product")
        }))
        .with(Column::text("module", "Module", |event: &NamedEvent| {
            event.optional("module")
        }))
        .with(Column::number("amount", "Amount", |event: &NamedEvent| {
            Value::text(amount(&event.event))
        }))
}

/// Shows the latest events of all accounts.
///
/// # Errors
/// When the store fails, and 404 for who sees one account alone.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(view): Query<View>,
) -> Result<Response, PageError> {
    if rights.within.is_some() {
        return Err(ApiError::NotFound("these are the events of all accounts".into()).into());
    }
    let find = view.table(TABLE).find;
    let (tree, latest) = dashboard
        .app
        .store
        .read(move |conn| {
            Ok((
                Tree::read(conn, rights, Vec::new())?,
                Latest::read(conn, rights, None, find.as_deref(), None)?,
            ))
        })
        .await?;
    let sheet = Sheet::default();
    let content = html! {
        div .title { h1 { "Live events" } }
        (latest.show(&sheet, None, "/events", &view, &dashboard.app.config.timezone))
    };
    let page = layout::page(
        "Live events",
        Some(NavigationEntry::Events),
        &view,
        rights,
        tree.show(&view),
        content,
    );
    Ok(sheet.answer(&view, page))
}

/// Shows the latest events of one account.
///
/// # Errors
/// 404 when the account is unknown.
pub(crate) async fn show_account(request: AccountRequest) -> Result<Response, PageError> {
    let (header, latest) = request
        .show(|conn, _, request| {
            let find = request.view.table(TABLE).find;
            Latest::read(
                conn,
                request.rights,
                Some(request.account_id.clone()),
                find.as_deref(),
                None,
            )
        })
        .await?;
    let sheet = Sheet::default();
    let path = header.address(Tab::Events);
    let content = html! {
        @if header.descendants > 0 {
            p .hint { "Events that name this account itself; those of accounts below are on their own pages." }
        }
        (latest.show(&sheet, Some(&request.account_id), &path, &request.view, request.period.time_zone()))
    };
    let page = header.page(Tab::Events, &request.view, content);
    Ok(sheet.answer(&request.view, page))
}

/// Parameters of the fragment.
#[derive(Debug, Deserialize)]
pub(crate) struct RowsQuery {
    after: Option<i64>,
    account_id: Option<String>,
    find: Option<String>,
    tz: Option<TimeZone>,
}

/// Answers the events that arrived after a given one.
///
/// # Errors
/// When the store fails, and 404 for an account that may not be seen.
pub(crate) async fn rows(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(query): Query<RowsQuery>,
) -> Result<Markup, ApiError> {
    let shows_account = query.account_id.is_none();
    let after = query.after.and_then(EventRow::from_number);
    let zone = query.tz.clone();
    let zone = zone.unwrap_or_else(|| dashboard.app.config.timezone.clone());
    let latest = dashboard
        .app
        .store
        .read(move |conn| {
            if rights.within.is_some() {
                let row = match &query.account_id {
                    None => None,
                    Some(id) => accounts::find_row(conn, id)?,
                };
                let is_seen = match row {
                    None => false,
                    Some(row) => rights.see(conn, row)?,
                };
                if !is_seen {
                    return Ok(None);
                }
            }
            Latest::read(conn, rights, query.account_id, query.find.as_deref(), after).map(Some)
        })
        .await?
        .ok_or_else(|| ApiError::NotFound("no such account is to be seen".into()))?;
    let view = View::default();
    let table = table(shows_account, "", &view, &zone);
    Ok(html! {
        tbody data-last=(latest.last()) { (table.rows(&latest.events)) }
    })
}
