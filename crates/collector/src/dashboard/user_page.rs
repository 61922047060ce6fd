//! The page of a user: the user's activity, session by session.

use axum::{extract::State, response::Response};
use maud::{Markup, html};
use natero_event::ActionKind;
use serde_json::Value as Json;

use super::{
    address,
    breakdown::Breakdown,
    chart::{self, Bar, choice::Metric},
    error::PageError,
    format,
    layout::{self, NavigationEntry},
    period::Period,
    period_choice::PeriodChoice,
    query::Query,
    rights::Rights,
    selection_path,
    sheet::Sheet,
    signed_in::SignedIn,
    state::Dashboard,
    table::counted,
    totals::{self, Total, totals},
    user_tables,
    users::standing,
    value::Value,
    view::View,
};
use crate::{
    http::extract::Path,
    model::calendar::TimeZone,
    store::user_page::{UserPage, UserPageQuestion, UserSession},
};

/// Sessions on a page.
const SESSIONS: usize = 10;

/// Days of the period that leads to the latest event.
const FOUR_WEEKS: i64 = 28;

/// Most events that are shown of a session.
const EVENTS: usize = 200;

/// Most sessions, and most events of each, in a CSV file.
const MOST_IN_CSV: (usize, usize) = (500, 500);

/// Id of the list of sessions in addresses.
const LIST: &str = "sessions";

/// Id of the list of events in addresses.
const EVENT_LIST: &str = "events";

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
    let period = dashboard.period(&view);
    let (sessions, events) = match view.csv.as_deref() {
        Some(LIST | EVENT_LIST) => MOST_IN_CSV,
        _ => (SESSIONS, EVENTS),
    };
    let question = UserPageQuestion {
        user_id: user_id.clone(),
        within: rights.within.clone(),
        period: period.question(),
        filter: view.selection.filter(),
        rollup: view.rolls_up(),
        bars: view.bars,
        page: view
            .table(LIST)
            .page
            .map_or(1, |page| usize::try_from(page).unwrap_or(1)),
        sessions,
        events,
    };
    let found = dashboard.app.store.page_user(question).await?;
    let found = found.ok_or(PageError::NoUser)?;
    let sheet = Sheet::of(&user_id);
    let page = found.page(&sheet, &rights, &view, &period);
    Ok(sheet.answer(&view, page))
}

impl UserPage {
    fn page(self, sheet: &Sheet, rights: &Rights, view: &View, period: &Period) -> Markup {
        let path = address::user(&self.user.user_id);
        let breakdown = Breakdown::new(&self.report.products, &path, view).of_one_user();
        let view = &breakdown.view();
        let title = self.user.title();
        let now = &self.report.totals.now;
        let content = html! {
            (self.head(&title, view, period.time_zone(), rights))
            div .controls { (period.picker(&path, view)) }
            (selection_path::show(&path, view))
            @if now.events == 0 && view.csv.is_none() {
                @if self.uncounted > 0 {
                    (layout::empty("No events that count in this period", html! {
                        (standing::uncounted(self.uncounted, view, rights.within.is_all()))
                        ": they name an account with accounts below it, or one to which the user does not belong."
                    }))
                } @else {
                    (layout::empty("No events in this period", self.elsewhere(&path, view, period)))
                }
            } @else {
                (self.totals(period))
                section .card {
                    h2 { "Over time" }
                    (chart::chart(
                        sheet,
                        Bar::all(&self.bars, self.report.bars.clone(), self.report.bars_before.clone()),
                        &Metric::OF_USER,
                        &path,
                        view,
                    ))
                }
                section .card #breakdown-card {
                    h2 { (breakdown.heading()) }
                    (breakdown.show(sheet))
                }
                (self.sessions(sheet, &path, view, period.time_zone()))
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

    /// Where the user's events are, when the period has none: a link to the four weeks up to the
    /// latest one.
    fn elsewhere(&self, path: &str, view: &View, period: &Period) -> Markup {
        let Some((_, last)) = self.seen else {
            return html! { "No event of this user has ever counted." };
        };
        let day = period.time_zone().day_at(last);
        let view = View {
            period: PeriodChoice::Days {
                from: Some(day.plus(1 - FOUR_WEEKS)),
                to: Some(day),
            },
            ..view.only_period()
        };
        html! {
            "The latest event is of " (format::date(day)) ". "
            a href=(view.at(path)) { "Show the four weeks up to it" }
        }
    }

    fn head(&self, title: &str, view: &View, zone: &TimeZone, rights: &Rights) -> Markup {
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
                @if rights.may_change {
                    a .quiet.edit href=(view.only_period().at(&(address::user(&user.user_id) + "/edit"))) { "Edit" }
                }
            }
            p .facts {
                code { (user.user_id) }
                @if let Some((first, last)) = self.seen {
                    span { "First seen " (format::date(zone.day_at(first))) }
                    span { "Last seen " (format::date(zone.day_at(last))) }
                }
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
            Total::of(totals::FEATURE_USES, format::sum(now.features))
                .change(before.map(|before| (before.features, now.features))),
            Total::of(totals::SESSIONS, format::number(now.sessions))
                .change(before.map(|before| (before.sessions as f64, now.sessions as f64))),
            Total::of(totals::ACTIVE_TIME, format::duration(now.active_time))
                .change(before.map(|before| (before.active_time as f64, now.active_time as f64))),
            Total::of(totals::TIME_IN_MODULES, format::duration(now.module_time))
                .change(before.map(|before| (before.module_time as f64, now.module_time as f64))),
            Total::of(totals::EVENTS, format::number(now.events))
                .change(before.map(|before| (before.events as f64, now.events as f64))),
        ];
        html! {
            (totals(&all, &period.length()))
            @if before.is_some() && let Some(words) = period.comparison() {
                p .hint.compared { "Changes compare with " (words) "." }
            }
        }
    }

    fn sessions(&self, sheet: &Sheet, path: &str, view: &View, zone: &TimeZone) -> Markup {
        let csv = |id: &str| {
            let view = View {
                csv: Some(id.to_owned()),
                ..view.clone()
            };
            view.at(path)
        };
        let count = self.count - usize::from(self.has_loose_events);
        html! {
            (user_tables::requested(&self.sessions, sheet, path, view, zone))
            section .card #sessions {
                h2 {
                    (counted(count, "session", "sessions"))
                    @if self.has_loose_events { " and events without a session" }
                }
                p .hint { "The latest first; the events of each in the order in which they happened." }
                div .table-head {
                    a .quiet.csv href=(csv(LIST)) download { "CSV of sessions" }
                    a .quiet.csv href=(csv(EVENT_LIST)) download { "CSV of events" }
                }
                @for session in &self.sessions { (self.session(session, zone)) }
                (layout::pager("Sessions", self.page as i64, SESSIONS as i64, self.count as i64, |page| {
                    let mut choice = view.table(LIST);
                    choice.page = Some(page).filter(|page| *page > 1);
                    format!("{}#{LIST}", view.with_table(LIST, choice).at(path))
                }))
            }
        }
    }

    fn session(&self, session: &UserSession, zone: &TimeZone) -> Markup {
        let events = &session.events;
        let begins = user_tables::begins(session);
        html! {
            details .session open[self.count <= 3] {
                summary {
                    h3 { (Value::time(begins, zone).show()) }
                    span { (format::count(i64::try_from(session.count).unwrap_or(i64::MAX), "event", "events")) }
                    @if session.features > 0.0 { span { (format::sum(session.features)) @if session.features == 1.0 { " feature use" } @else { " feature uses" } } }
                    @if session.active_time > 0 { span { (format::duration(session.active_time as i64)) " active" } }
                    @if session.session_id.is_none() { span { "without a session" } }
                }
                @if events.is_empty() {
                    p .none { "Its events are no longer stored; its figures are." }
                } @else {
                    ol .timeline {
                        @for event in events { (event_line(event, zone)) }
                    }
                    @if session.has_more { p .none { "and more events" } }
                }
            }
        }
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
                span { (action_words(text("action"))) @if !text("feature").is_empty() { " " (text("feature")) } }
                @if !place.is_empty() { small { (place.join(" › ")) } }
                @if !text("url").is_empty() { small { (text("url")) } }
            }
            span .n { (amount(event).unwrap_or_default()) }
        }
    }
}

/// What happened, in words. An action without words of its own keeps its name.
pub(crate) fn action_words(action: &str) -> &str {
    match ActionKind::from_name(action) {
        Some(ActionKind::Feature) => "Used",
        Some(ActionKind::ModuleEnd) => "Time in a module",
        Some(ActionKind::SessionSync) => "Active time",
        Some(ActionKind::SessionIdle) => "Became inactive",
        Some(ActionKind::PageView) => "Opened a page",
        Some(ActionKind::PageViewEnd) => "Left a page",
        Some(ActionKind::IdentifyUser) => "Described the user",
        Some(ActionKind::IdentifyAccount) => "Described the account",
        None => action,
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

/// Formats a value: a text without quotes, anything else as JSON.
fn text(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
