//! Events as they arrive. A script requests new events; without it, the page shows
//! the events that had arrived when it was loaded.

use axum::{extract::State, response::Response};
use maud::{Markup, html};
use serde::Deserialize;

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
    table::{Table, choice::Sort, column::Column},
    user_page::{action_words, amount},
    value::Value,
    view::View,
};
use crate::{
    http::error::ApiError,
    model::calendar::TimeZone,
    store::latest_events::{NamedEvent, NamedEvents, NamedEventsQuestion},
};

/// Most events that a page shows, or that a script gets in one answer.
const LIMIT: usize = 100;
/// Number of latest events among which to search those of one account or with a text. There
/// is no index of events by account, and a search must not read all events.
const REACH: i64 = 100_000;

/// Id of the table.
const TABLE: &str = "events";

/// The query for the events that a page shows.
fn question(
    rights: &Rights,
    account_id: Option<String>,
    text: Option<String>,
) -> NamedEventsQuestion {
    NamedEventsQuestion {
        within: rights.within.clone(),
        account_id,
        text,
        after: None,
        limit: LIMIT,
        reach: REACH,
    }
}

impl NamedEvents {
    fn newest(&self) -> i64 {
        self.last.unwrap_or(0)
    }

    /// Renders the page. `usual` is the time zone when the view names none.
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
            section .card.live data-src=(src) data-last=(self.newest()) {
                div .live-head {
                    h2 { "Events as they arrive" }
                    p .state role="status" {
                        "The latest " (LIMIT)
                        @if view.table(TABLE).sort.is_none() { ", newest first" }
                        ". Reload for more."
                    }
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
    let mut table = Table::new(TABLE, "Events", Sort::down("arrived"), path, view)
        .with(event_column())
        .with(arrived_column(zone));
    if shows_account {
        table = table.with(account_column(view));
    }
    let field = |name: &'static str, heading: &'static str| {
        Column::text(name, heading, move |event: &NamedEvent| {
            event.optional(name)
        })
    };
    table
        .with(user_column(view))
        .with(field("account_id", "Account id").only_in_csv())
        .with(field("user_id", "User id").only_in_csv())
        .with(field("product", "Product"))
        .with(field("module", "Module"))
        .with(Column::number("amount", "Amount", |event: &NamedEvent| {
            Value::text(amount(&event.event))
        }))
}

fn event_column<'v>() -> Column<'v, NamedEvent> {
    Column::text("event", "Event", |event: &NamedEvent| {
        let words = format!("{} {}", event.text("action"), event.text("feature"));
        Value::Text(words.trim().to_owned())
    })
    .shown(|event| {
        html! {
            span .text {
                (action_words(event.text("action")))
                @if !event.text("feature").is_empty() { " " (event.text("feature")) }
            }
            @if event.is_set_aside() { small .aside { "set aside: user of another account" } }
        }
    })
}

fn arrived_column<'v>(zone: &TimeZone) -> Column<'v, NamedEvent> {
    let (zone, shown_zone) = (zone.clone(), zone.clone());
    Column::text("arrived", "Arrived", move |event: &NamedEvent| {
        let at = event.event["received_at"].as_i64();
        at.map_or(Value::None, |at| Value::time(at, &zone))
    })
    .shown(move |event| {
        let at = event.event["received_at"].as_i64().unwrap_or(0);
        let day = format::short_day(shown_zone.day_at(at));
        html! { time datetime=(format::rfc3339(at)) { (day) ", " (shown_zone.time_at(at)) } }
    })
}

fn account_column<'v>(view: &View) -> Column<'v, NamedEvent> {
    let links = view.only_period();
    Column::text("account", "Account", |event: &NamedEvent| {
        Value::Text(event.account.clone())
    })
    .shown(move |event| {
        let id = event.text("account_id");
        html! { a title=(id) href=(links.at(&address::account(id, ""))) { (event.account) } }
    })
}

fn user_column<'v>(view: &View) -> Column<'v, NamedEvent> {
    let links = view.only_period();
    Column::text("user", "User", |event: &NamedEvent| {
        Value::Text(event.user.clone())
    })
    .shown(move |event| {
        let id = event.text("user_id");
        html! {
            @if event.is_user_visible {
                a title=(id) href=(links.at(&address::user(id))) { (event.user) }
            } @else { (event.user) }
        }
    })
}

/// Shows the latest events of all accounts.
///
/// # Errors
/// When the store fails, and 404 for somebody who may see only one account.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(view): Query<View>,
) -> Result<Response, PageError> {
    if !rights.within.is_all() {
        return Err(ApiError::NotFound("these are the events of all accounts".into()).into());
    }
    let find = view.table(TABLE).find;
    let question = question(&rights, None, find);
    let (tree, latest) = dashboard.app.store.page_events(question).await?;
    let sheet = Sheet::default();
    let content = html! {
        div .title { h1 { "Live events" } }
        (latest.show(&sheet, None, "/events", &view, &dashboard.app.config.timezone))
    };
    let page = layout::page(
        "Live events",
        Some(NavigationEntry::Events),
        &view,
        &rights,
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
    let find = request.view.table(TABLE).find;
    let events = question(&request.rights, Some(request.account_id.clone()), find);
    let store = request.store();
    let latest = store
        .page_account_events(request.question(), events)
        .await?;
    let (header, latest) = request.shown(latest)?;
    let sheet = Sheet::of(&request.account_id);
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
/// When the store fails, and 404 for an account that the requester may not see.
pub(crate) async fn rows(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(query): Query<RowsQuery>,
) -> Result<Markup, ApiError> {
    let shows_account = query.account_id.is_none();
    let zone = query.tz.clone();
    let zone = zone.unwrap_or_else(|| dashboard.app.config.timezone.clone());
    let question = NamedEventsQuestion {
        after: query.after,
        ..question(&rights, query.account_id, query.find)
    };
    let latest = dashboard
        .app
        .store
        .named_events(question)
        .await?
        .ok_or_else(|| ApiError::NotFound("no such account is to be seen".into()))?;
    let view = View::default();
    let table = table(shows_account, "", &view, &zone);
    Ok(html! {
        tbody data-last=(latest.newest()) { (table.rows(&latest.events)) }
    })
}
