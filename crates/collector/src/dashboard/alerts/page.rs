//! The page of alerts, with the rules and the webhook receiver.

use axum::{extract::State, response::Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    dashboard::{
        alerts::{
            PATH,
            done::Done,
            rule_form::RuleForm,
            webhook_form::{Outcome, webhook_form},
        },
        error::PageError,
        layout::{self, NavigationEntry},
        query::Query,
        rights::Rights,
        sheet::Sheet,
        signed_in::SignedIn,
        state::Dashboard,
        table::counted,
        view::View,
    },
    model::page::Page,
    store::alerts::StoredRule,
};

/// Most alerts that are read: the active ones first, then the latest ones.
const LIMIT: i64 = 10_000;

/// Parameters besides the view.
#[derive(Debug, Deserialize)]
pub(crate) struct DoneQuery {
    /// What a form has just done.
    done: Option<String>,
    /// The number of the rule to edit.
    edit: Option<String>,
}

/// What the page shows besides the stored data.
#[derive(Debug, Default)]
pub(super) struct PageState {
    pub(super) done: Option<Done>,
    /// The rule that somebody is about to remove.
    pub(super) removed: Option<i64>,
    /// The rule to edit.
    pub(super) edit: Option<i64>,
    /// A submitted form for a rule that was not accepted.
    pub(super) sent: Option<RuleForm>,
    pub(super) webhook: Outcome,
}

/// Shows the alerts. Somebody who may see all accounts also sees the rules.
///
/// # Errors
/// 400 for invalid parameters.
pub(crate) async fn show(
    State(dashboard): State<Dashboard>,
    SignedIn { rights }: SignedIn,
    Query(view): Query<View>,
    Query(DoneQuery { done, edit }): Query<DoneQuery>,
) -> Result<Response, PageError> {
    let state = PageState {
        done: done.as_deref().and_then(Done::named),
        edit: edit.and_then(|id| id.parse().ok()),
        ..PageState::default()
    };
    page(&dashboard, &rights, &view, state).await
}

impl PageState {
    /// The message of an action that belongs to a section, or to the whole page.
    fn notice(&self, section: Option<&str>) -> Markup {
        html! {
            @if let Some(done) = self.done && done.section() == section {
                p .notice #done role="status" { (done.words()) }
            }
        }
    }
}

/// Asks whether to remove a rule.
fn removal(rule: &StoredRule, alerts: usize, view: &View) -> Markup {
    html! {
        section .notice role="alert" {
            h2 { "Remove the rule “" (rule.rule.name) "”?" }
            @if alerts > 0 { p { "The list loses " (counted(alerts, "alert", "alerts")) " of this rule." } }
            form .actions method="post" action=(view.at(&format!("{PATH}/rules/{}/delete", rule.id))) {
                button .button type="submit" name="confirmed" value="true" { "Remove" }
                a .button href=(view.at(PATH)) { "Keep it" }
            }
        }
    }
}

/// Renders the page.
pub(super) async fn page(
    dashboard: &Dashboard,
    rights: &Rights,
    view: &View,
    mut state: PageState,
) -> Result<Response, PageError> {
    let of = Page {
        limit: LIMIT,
        number: 1,
    };
    let store = &dashboard.app.store;
    let read = store.page_alerts(rights.within.clone(), of).await?;
    let edit = state.edit;
    let edited = || {
        let id = edit?;
        let stored = read.rules.iter().find(|stored| stored.id == id)?;
        RuleForm::of(stored)
    };
    let removed = state
        .removed
        .and_then(|id| read.rules.iter().find(|stored| stored.id == id));
    let alerts_of = |id: i64| read.alerts.iter().filter(|of| of.rule_id == id).count();
    let form = state.sent.take().or_else(edited).unwrap_or_default();
    let has_forms = rights.within.is_all() && rights.may_change;
    let choices = match has_forms && view.csv.is_none() {
        // The form also works without these suggestions.
        true => store.choices().await.unwrap_or_default(),
        false => Default::default(),
    };
    let sheet = Sheet::default();
    let configured = &dashboard.app.config.timezone;
    let zone = view.time_zone.as_ref().unwrap_or(configured);
    let content = html! {
        div .title { h1 { "Alerts" } }
        p .lead { "Accounts and users that match a rule. Every rule is checked once an hour, and soon after a silent account is used again." }
        (state.notice(None))
        @if let Some(rule) = removed { (removal(rule, alerts_of(rule.id), view)) }
        (read.alerts(&sheet, view, zone, rights))
        // Rules apply to all accounts.
        @if rights.within.is_all() {
            (state.notice(Some("rules")))
            (read.rules(&sheet, view, zone, rights))
            @if has_forms {
                (form.show(&choices, view))
                (state.notice(Some("webhook")))
                (webhook_form(read.webhook.as_ref(), &read.messages, &state.webhook, view))
            }
        }
    };
    let page = layout::page(
        "Alerts",
        Some(NavigationEntry::Alerts),
        view,
        rights,
        read.tree.show(view),
        content,
    );
    Ok(sheet.answer(view, page))
}
