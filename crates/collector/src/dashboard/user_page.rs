//! The page of a user: what the user did, session by session.

use axum::{extract::State, response::Response};
use maud::{Markup, html};
use natero_event::ActionKind;
use rusqlite::Connection;
use serde_json::Value as Json;

use super::{
    address,
    bars::BarDays,
    breakdown::Breakdown,
    chart::{self, Bar},
    error::PageError,
    format,
    layout::{self, NavigationEntry},
    period::Period,
    query::Query,
    rights::Rights,
    selection_path,
    sheet::Sheet,
    signed_in::SignedIn,
    state::Dashboard,
    totals::{Total, totals},
    tree::Tree,
    usage,
    value::Value,
    view::View,
};
use crate::{
    clock::now_ms,
    http::{
        api::{resource::Resource, users::Users},
        extract::Path,
    },
    model::{calendar::TimeZone, user::User},
    store::sqlite::{
        account_report::{self, AccountReport},
        account_tree, accounts,
        user_sessions::{self, UserSession},
        users,
    },
};

/// Sessions on a page.
const SESSIONS: usize = 10;

/// Most events of a session that are shown.
const EVENTS: usize = 200;

/// Id of the list of sessions in addresses.
const LIST: &str = "sessions";

/// What the page shows.
struct Figures {
    user: User,
    account_name: String,
    tree: Tree,
    report: AccountReport,
    bars: Vec<BarDays>,
    sessions: Vec<(UserSession, Vec<Json>, bool)>,
    /// Number of sessions of the period.
    count: usize,
}

/// Shows a user.
///
/// # Errors
/// 404 when the user is unknown.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Path(user_id): Path<String>,
    Query(view): Query<View>,
) -> Result<Response, PageError> {
    let period = Period::of(&view, now_ms(), &dashboard.app.config.timezone);
    let (wanted, asked, span) = (user_id.clone(), view.clone(), period.clone());
    let figures = dashboard
        .app
        .store
        .read(move |conn| Figures::read(conn, &wanted, rights, &asked, &span))
        .await?
        .ok_or_else(|| Users::not_found(&user_id))?;
    let sheet = Sheet::default();
    let page = figures.page(&sheet, rights, &view, &period);
    Ok(sheet.answer(&view, page))
}

impl Figures {
    fn read(
        conn: &Connection,
        user_id: &str,
        rights: Rights,
        view: &View,
        period: &Period,
    ) -> rusqlite::Result<Option<Self>> {
        let Some((row, account)) = users::find_with_account(conn, user_id)? else {
            return Ok(None);
        };
        let Some(user) = users::find(conn, user_id)? else {
            return Ok(None);
        };
        if !rights.see(conn, account)? {
            return Ok(None);
        }
        let path = account_tree::path(conn, account)?;
        let (mut query, bars, _) = usage::query(conn, account, view, period)?;
        query.rollup = false;
        query.filter.user = Some(user_id.to_owned());
        let all = user_sessions::read(conn, row, account, period.span())?;
        let count = all.len();
        let first = page_of(view, count).saturating_sub(1) * SESSIONS;
        let sessions = all
            .into_iter()
            .skip(first)
            .take(SESSIONS)
            .map(|session| {
                let (events, has_more) = user_sessions::events(
                    conn,
                    &user.account_id,
                    user_id,
                    &session,
                    period.span(),
                    EVENTS,
                )?;
                Ok((session, events, has_more))
            })
            .collect::<rusqlite::Result<_>>()?;
        let name = accounts::find(conn, &user.account_id)?.and_then(|account| account.name);
        Ok(Some(Figures {
            account_name: name.unwrap_or_else(|| user.account_id.clone()),
            tree: Tree::read(conn, rights, path)?,
            report: account_report::read(conn, &query)?,
            user,
            bars,
            sessions,
            count,
        }))
    }

    fn page(self, sheet: &Sheet, rights: Rights, view: &View, period: &Period) -> Markup {
        let path = address::user(&self.user.user_id);
        let breakdown = Breakdown::new(&self.report.products, &path, view);
        let view = &breakdown.view();
        let title = title(&self.user);
        let now = &self.report.totals.now;
        let content = html! {
            (self.head(&title, view))
            div .controls { (period.picker(&path, view)) }
            (selection_path::show(&path, view))
            @if now.events == 0 {
                (layout::empty("No events in this period", html! {
                    "Nothing of this user is in it. Another period may have some."
                }))
            } @else {
                (self.totals(period))
                section .card {
                    h2 { "Over time" }
                    (chart::chart(
                        sheet,
                        Bar::all(&self.bars, self.report.bars.clone(), self.report.bars_before.clone()),
                        &path,
                        view,
                    ))
                }
                section .card #breakdown-card {
                    h2 { (breakdown.heading()) }
                    (breakdown.show(sheet))
                }
                (self.sessions(&path, view, period.time_zone()))
            }
        };
        layout::page(
            &title,
            Some(NavigationEntry::Accounts),
            view,
            rights,
            self.tree.show(view),
            content,
        )
    }

    fn head(&self, title: &str, view: &View) -> Markup {
        let user = &self.user;
        html! {
            nav .way aria-label="Account" {
                ol {
                    li { a href=(view.only_period().at("/")) { "Accounts" } }
                    li { a href=(view.only_period().at(&address::account(&user.account_id, ""))) { (self.account_name) } }
                    li { a href=(view.only_period().at(&address::account(&user.account_id, "/users"))) { "Users" } }
                }
            }
            div .title {
                h1 { (title) }
                span .badge { "User" }
                @if user.is_deleted { span .badge.warn { "Deactivated" } }
            }
            p .facts {
                code { (user.user_id) }
                @for (name, value) in &user.details {
                    span { (name.replace('_', " ")) ": " (text(value)) }
                }
            }
        }
    }

    fn totals(&self, period: &Period) -> Markup {
        let now = &self.report.totals.now;
        let before = self.report.totals.before.as_ref();
        let all = [
            Total::of("Feature uses", format::sum(now.features))
                .change(before.map(|before| (before.features, now.features))),
            Total::of("Sessions", format::number(now.sessions))
                .change(before.map(|before| (before.sessions as f64, now.sessions as f64))),
            Total::of("Active time", format::duration(now.active_time))
                .change(before.map(|before| (before.active_time as f64, now.active_time as f64))),
            Total::of("Time in modules", format::duration(now.module_time))
                .change(before.map(|before| (before.module_time as f64, now.module_time as f64))),
            Total::of("Events", format::number(now.events))
                .change(before.map(|before| (before.events as f64, now.events as f64))),
        ];
        html! {
            (totals(&all, &period.length()))
            @if before.is_some() && let Some(words) = period.comparison() {
                p .hint.compared { "Changes compare with " (words) "." }
            }
        }
    }

    fn sessions(&self, path: &str, view: &View, zone: &TimeZone) -> Markup {
        let page = page_of(view, self.count);
        html! {
            section .card #sessions {
                h2 { (super::table::counted(self.count, "session", "sessions")) }
                p .hint { "The latest first; the events of each in the order in which they happened." }
                @for (session, events, has_more) in &self.sessions {
                    (self.session(session, events, *has_more, zone))
                }
                (layout::pager("Sessions", page as i64, SESSIONS as i64, self.count as i64, |page| {
                    let mut choice = view.table(LIST);
                    choice.page = Some(page).filter(|page| *page > 1);
                    format!("{}#{LIST}", view.with_table(LIST, choice).at(path))
                }))
            }
        }
    }

    fn session(
        &self,
        session: &UserSession,
        events: &[Json],
        has_more: bool,
        zone: &TimeZone,
    ) -> Markup {
        let begins = events
            .first()
            .and_then(|event| event["created_at"].as_i64())
            .unwrap_or_else(|| session.begins());
        let sums = &session.sums;
        html! {
            details .session open[self.count <= 3] {
                summary {
                    h3 { (Value::time(begins, zone).show()) }
                    span { (format::count(i64::try_from(sums.events).unwrap_or(i64::MAX), "event", "events")) }
                    @if sums.features > 0.0 { span { (format::sum(sums.features)) " feature uses" } }
                    @if sums.active_time > 0 { span { (format::duration(sums.active_time as i64)) " active" } }
                    @if session.session_id.is_none() { span { "without a session" } }
                }
                @if events.is_empty() {
                    p .none { "Its events are no longer stored; its figures are." }
                } @else {
                    ol .timeline {
                        @for event in events { (event_line(event, zone)) }
                    }
                    @if has_more { p .none { "and more events" } }
                }
            }
        }
    }
}

/// The page of the list of sessions, from 1.
fn page_of(view: &View, count: usize) -> usize {
    let page = view.table(LIST).page.unwrap_or(1);
    usize::try_from(page)
        .unwrap_or(1)
        .clamp(1, count.div_ceil(SESSIONS).max(1))
}

/// The name of a user, or the id of one without.
pub(crate) fn title(user: &User) -> String {
    let names = [&user.first_name, &user.last_name];
    let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
    if names.is_empty() {
        user.user_id.clone()
    } else {
        names.join(" ")
    }
}

fn event_line(event: &Json, zone: &TimeZone) -> Markup {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let at = event["created_at"].as_i64().unwrap_or(0);
    let place: Vec<&str> = [text("product"), text("module")]
        .into_iter()
        .filter(|name| !name.is_empty())
        .collect();
    html! {
        li {
            time datetime=(format::rfc3339(at)) { (zone.time_at(at)) }
            div {
                span { code { (text("action")) } @if !text("feature").is_empty() { " " (text("feature")) } }
                @if !place.is_empty() { small { (place.join(" › ")) } }
                @if !text("url").is_empty() { small { (text("url")) } }
            }
            span .n { (amount(event).unwrap_or_default()) }
        }
    }
}

/// The amount of an event, or the time it reports.
pub(crate) fn amount(event: &Json) -> Option<String> {
    match ActionKind::from_name(event["action"].as_str().unwrap_or_default()) {
        Some(ActionKind::Feature) => event["total"]
            .as_f64()
            .map(|total| format!("× {}", format::sum(total))),
        Some(ActionKind::ModuleEnd) => event["time_spent"].as_i64().map(format::duration),
        Some(ActionKind::SessionSync) => event["active_duration"].as_i64().map(format::duration),
        Some(
            ActionKind::SessionIdle
            | ActionKind::PageView
            | ActionKind::PageViewEnd
            | ActionKind::IdentifyUser
            | ActionKind::IdentifyAccount,
        )
        | None => None,
    }
}

/// Writes a value: a text without quotes, anything else as JSON.
fn text(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
