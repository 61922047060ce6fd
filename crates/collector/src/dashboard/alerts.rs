//! The page of alerts and the actions of its forms: they store, change, check and remove
//! rules, and set the webhook receiver.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    alert_tables::PATH,
    change_form::{ChangeForm, Nothing},
    error::{PageError, sentence},
    layout::{self, NavigationEntry},
    query::Query,
    rights::Rights,
    rule_form::{self, Fields, RuleForm},
    sheet::Sheet,
    signed_in::SignedIn,
    state::Dashboard,
    table::counted,
    view::View,
    webhook_form::{Outcome, webhook_form},
};
use crate::{
    clock::now_ms,
    http::{
        alerting::check_all,
        api::alerts::{add_rule, replace_rule, set_webhook},
        error::ApiError,
        extract::Path,
    },
    model::{alert_rule::AlertRule, page::Page, visibility::Visibility},
    store::{alerts::StoredRule, search::SearchQuestion},
};

/// Most alerts that are read: the active ones first, then the latest ones.
const LIMIT: i64 = 10_000;

/// Most accounts that are suggested in place of an unknown one.
const MAX_SUGGESTED: usize = 5;

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
struct Shown {
    done: Option<Done>,
    /// The rule that somebody is about to remove.
    removed: Option<i64>,
    /// The rule to edit.
    edit: Option<i64>,
    /// A submitted form for a rule that was not accepted.
    sent: Option<RuleForm>,
    webhook: Outcome,
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
    let shown = Shown {
        done: done.as_deref().and_then(Done::named),
        edit: edit.and_then(|id| id.parse().ok()),
        ..Shown::default()
    };
    page(&dashboard, &rights, &view, shown).await
}

/// What a form has done. The page says so above the section of the form, since the address
/// that the browser opens next leads there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    Added,
    Changed,
    Removed,
    Checked,
    WebhookRemoved,
}

impl Done {
    const ALL: [Done; 5] = [
        Done::Added,
        Done::Changed,
        Done::Removed,
        Done::Checked,
        Done::WebhookRemoved,
    ];

    /// The action with this name in an address.
    fn named(name: &str) -> Option<Self> {
        Done::ALL.into_iter().find(|done| done.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Done::Added => "added",
            Done::Changed => "changed",
            Done::Removed => "removed",
            Done::Checked => "checked",
            Done::WebhookRemoved => "webhook-removed",
        }
    }

    /// The id of the section of the form. Checking the rules concerns the whole page.
    fn section(self) -> Option<&'static str> {
        match self {
            Done::Added | Done::Changed | Done::Removed => Some("rules"),
            Done::WebhookRemoved => Some("webhook"),
            Done::Checked => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Done::Added => "The rule is stored; the list says when it was checked.",
            Done::Changed => "The rule is changed; the list says when it was checked.",
            Done::Removed => "The rule and its alerts are removed.",
            Done::Checked => "All rules were checked.",
            Done::WebhookRemoved => "The webhook is removed. Nobody is told of alerts any more.",
        }
    }
}

impl Shown {
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

async fn page(
    dashboard: &Dashboard,
    rights: &Rights,
    view: &View,
    mut shown: Shown,
) -> Result<Response, PageError> {
    let of = Page {
        limit: LIMIT,
        number: 1,
    };
    let store = &dashboard.app.store;
    let read = store.page_alerts(rights.within.clone(), of).await?;
    let edit = shown.edit;
    let edited = || {
        let id = edit?;
        let stored = read.rules.iter().find(|stored| stored.id == id)?;
        RuleForm::of(stored)
    };
    let removed = shown
        .removed
        .and_then(|id| read.rules.iter().find(|stored| stored.id == id));
    let alerts_of = |id: i64| read.alerts.iter().filter(|of| of.rule_id == id).count();
    let form = shown.sent.take().or_else(edited).unwrap_or_default();
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
        p .lead { "Accounts and users that rules hit. Every rule is checked once an hour." }
        (shown.notice(None))
        @if let Some(rule) = removed { (removal(rule, alerts_of(rule.id), view)) }
        (read.alerts(&sheet, view, zone, rights))
        // Rules apply to all accounts.
        @if rights.within.is_all() {
            (shown.notice(Some("rules")))
            (read.rules(&sheet, view, zone, rights))
            @if has_forms {
                (form.show(&choices, view))
                (shown.notice(Some("webhook")))
                (webhook_form(read.webhook.as_ref(), &read.messages, &shown.webhook, view))
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

/// Redirects back to the page in the same view, to the message that says what was done.
fn answer(view: &View, done: Done) -> Response {
    let page = view.at(&format!("{PATH}?done={}", done.name()));
    let place = if done.section().is_some() {
        "#done"
    } else {
        ""
    };
    Redirect::to(&format!("{page}{place}")).into_response()
}

/// Stores a new rule. If the rule is invalid, the answer is the form as it was submitted.
///
/// # Errors
/// 403 for a viewer, who may not change anything.
pub(crate) async fn add(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(fields): ChangeForm<Fields>,
) -> Result<Response, PageError> {
    let form = RuleForm {
        fields,
        ..RuleForm::default()
    };
    save(&dashboard, &view, form).await
}

/// Changes a rule. If the rule is invalid, the answer is the form as it was submitted.
///
/// # Errors
/// 403 for a viewer, who may not change anything, 404 for a rule that no longer exists.
pub(crate) async fn change(
    State(dashboard): State<Dashboard>,
    Path(id): Path<i64>,
    Query(view): Query<View>,
    ChangeForm(fields): ChangeForm<Fields>,
) -> Result<Response, PageError> {
    let form = RuleForm {
        id: Some(id),
        fields,
        ..RuleForm::default()
    };
    save(&dashboard, &view, form).await
}

async fn save(
    dashboard: &Dashboard,
    view: &View,
    mut form: RuleForm,
) -> Result<Response, PageError> {
    let status = match stored(dashboard, &mut form).await {
        Ok(true) => {
            let done = if form.id.is_some() {
                Done::Changed
            } else {
                Done::Added
            };
            return Ok(answer(view, done));
        }
        // The form only asks for a confirmation, which is no error.
        Ok(false) => StatusCode::OK,
        Err(refused @ (ApiError::Unprocessable(_) | ApiError::Conflict(_))) => {
            form.refused = Some(sentence(&refused.to_string()));
            refused.status()
        }
        Err(failed) => return Err(failed.into()),
    };
    let shown = Shown {
        sent: Some(form),
        ..Shown::default()
    };
    let page = page(dashboard, &Rights::ALL, view, shown).await?;
    Ok((status, page).into_response())
}

/// Stores the rule of a form. Returns false, and adds a warning to the form, when the rule
/// matches nothing at present and the user has not confirmed it.
async fn stored(dashboard: &Dashboard, form: &mut RuleForm) -> Result<bool, ApiError> {
    let rule = rule_form::read(&form.fields)?;
    require_account(dashboard, &rule).await?;
    let choices = dashboard.app.store.choices().await;
    let warnings = choices.map_or_else(|_| Vec::new(), |known| RuleForm::warnings(&rule, &known));
    if !warnings.is_empty() && !form.is_confirmed(&warnings) {
        form.warnings = warnings;
        return Ok(false);
    }
    match form.id {
        None => add_rule(&dashboard.app, rule).await.map(drop)?,
        Some(id) => replace_rule(&dashboard.app, id, rule).await?,
    }
    Ok(true)
}

/// Refuses a rule about an unknown account, and names accounts that may be meant.
async fn require_account(dashboard: &Dashboard, rule: &AlertRule) -> Result<(), ApiError> {
    let Some(id) = &rule.account_id else {
        return Ok(());
    };
    let store = &dashboard.app.store;
    if store.account(id.clone()).await?.is_some() {
        return Ok(());
    }
    let question = SearchQuestion {
        text: id.clone(),
        within: Visibility::All,
        limit: MAX_SUGGESTED,
    };
    let found = store.search(question).await?.accounts;
    let alike: Vec<String> = found
        .iter()
        .filter_map(|path| path.last())
        .map(|entry| match &entry.name {
            Some(name) => format!("{} ({name})", entry.account_id),
            None => entry.account_id.clone(),
        })
        .collect();
    Err(ApiError::Unprocessable(if alike.is_empty() {
        format!(
            "no account has the id “{id}”; the search beside the page finds accounts by their names"
        )
    } else {
        format!(
            "no account has the id “{id}”; it may be one of {}",
            alike.join(", ")
        )
    }))
}

/// Whether somebody has confirmed a removal.
#[derive(Debug, Deserialize)]
pub(crate) struct Removal {
    confirmed: Option<String>,
}

/// Removes a rule with its alerts. Without a confirmation, the answer asks for one.
///
/// # Errors
/// 403 for a viewer, who may not change anything.
pub(crate) async fn delete(
    State(dashboard): State<Dashboard>,
    Path(id): Path<i64>,
    Query(view): Query<View>,
    ChangeForm(Removal { confirmed }): ChangeForm<Removal>,
) -> Result<Response, PageError> {
    if confirmed.is_none() {
        let shown = Shown {
            removed: Some(id),
            ..Shown::default()
        };
        return page(&dashboard, &Rights::ALL, &view, shown).await;
    }
    dashboard.app.store.delete_alert_rule(id).await?;
    Ok(answer(&view, Done::Removed))
}

/// Checks all rules.
///
/// # Errors
/// 403 for a viewer, who may not change anything.
pub(crate) async fn check(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(Nothing {}): ChangeForm<Nothing>,
) -> Result<Response, PageError> {
    check_all(&dashboard.app, now_ms()).await?;
    Ok(answer(&view, Done::Checked))
}

/// The address of a webhook receiver.
#[derive(Debug, Deserialize)]
pub(crate) struct NewWebhook {
    url: String,
}

/// Sets the webhook receiver, and shows its secret only this once. If the address is invalid,
/// the answer is the form as it was submitted.
///
/// # Errors
/// 403 for a viewer, who may not change anything.
pub(crate) async fn set(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(NewWebhook { url }): ChangeForm<NewWebhook>,
) -> Result<Response, PageError> {
    let (status, webhook) = match set_webhook(&dashboard.app, &url).await {
        Ok(secret) => {
            let outcome = Outcome {
                secret: Some(secret),
                ..Outcome::default()
            };
            (StatusCode::OK, outcome)
        }
        Err(refused @ ApiError::Unprocessable(_)) => {
            let outcome = Outcome {
                refused: Some((url, sentence(&refused.to_string()))),
                ..Outcome::default()
            };
            (refused.status(), outcome)
        }
        Err(failed) => return Err(failed.into()),
    };
    let shown = Shown {
        webhook,
        ..Shown::default()
    };
    // The answer is a page and not a redirect, because a secret must not appear in an
    // address.
    let page = page(&dashboard, &Rights::ALL, &view, shown).await?;
    Ok((status, page).into_response())
}

/// Removes the receiver.
///
/// # Errors
/// 403 for a viewer, who may not change anything.
pub(crate) async fn remove(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(Nothing {}): ChangeForm<Nothing>,
) -> Result<Response, PageError> {
    dashboard.app.store.remove_webhook().await?;
    Ok(answer(&view, Done::WebhookRemoved))
}
