//! The actions of the forms on the page of alerts: they store, change, check and remove
//! rules, and set the webhook receiver.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::{
    clock::now_ms,
    dashboard::{
        alerts::{
            PATH,
            done::Done,
            page::{PageState, page},
            rule_fields::{self, Fields},
            rule_form::RuleForm,
            webhook_form::Outcome,
        },
        change_form::{ChangeForm, Nothing},
        error::{PageError, sentence},
        query::Query,
        rights::Rights,
        state::Dashboard,
        view::View,
    },
    http::{
        alerting::check_all,
        api::alerts::{add_rule, replace_rule, set_webhook},
        error::ApiError,
        extract::Path,
    },
    model::{alert_rule::AlertRule, visibility::Visibility},
    store::search::SearchQuestion,
};

/// Most accounts that are suggested in place of an unknown one.
const MAX_SUGGESTED: usize = 5;

/// Redirects back to the page in the same view, to the message that says what was done.
fn redirect(view: &View, done: Done) -> Response {
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
    let status = match save_rule(dashboard, &mut form).await {
        Ok(Saved::Stored) => {
            let done = if form.id.is_some() {
                Done::Changed
            } else {
                Done::Added
            };
            return Ok(redirect(view, done));
        }
        // The form only asks for a confirmation, which is no error.
        Ok(Saved::Unconfirmed) => StatusCode::OK,
        Err(refused @ (ApiError::Unprocessable(_) | ApiError::Conflict(_))) => {
            form.refused = Some(sentence(&refused.to_string()));
            refused.status()
        }
        Err(failed) => return Err(failed.into()),
    };
    let state = PageState {
        sent: Some(form),
        ..PageState::default()
    };
    let page = page(dashboard, &Rights::ALL, view, state).await?;
    Ok((status, page).into_response())
}

/// What became of a submitted form.
enum Saved {
    Stored,
    /// The rule matches nothing at present, and the user has not confirmed it.
    Unconfirmed,
}

/// Stores the rule of a form, or adds a warning to the form for the user to confirm.
async fn save_rule(dashboard: &Dashboard, form: &mut RuleForm) -> Result<Saved, ApiError> {
    let rule = rule_fields::read(&form.fields)?;
    require_account(dashboard, &rule).await?;
    let choices = dashboard.app.store.choices().await;
    let warnings = choices.map_or_else(|_| Vec::new(), |known| RuleForm::warnings(&rule, &known));
    if !warnings.is_empty() && !form.is_confirmed(&warnings) {
        form.warnings = warnings;
        return Ok(Saved::Unconfirmed);
    }
    match form.id {
        None => add_rule(&dashboard.app, rule).await.map(drop)?,
        Some(id) => replace_rule(&dashboard.app, id, rule).await?,
    }
    Ok(Saved::Stored)
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
        let state = PageState {
            removed: Some(id),
            ..PageState::default()
        };
        return page(&dashboard, &Rights::ALL, &view, state).await;
    }
    dashboard.app.store.delete_alert_rule(id).await?;
    Ok(redirect(&view, Done::Removed))
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
    Ok(redirect(&view, Done::Checked))
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
    let state = PageState {
        webhook,
        ..PageState::default()
    };
    // The answer is a page and not a redirect, because a secret must not appear in an
    // address.
    let page = page(&dashboard, &Rights::ALL, &view, state).await?;
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
    Ok(redirect(&view, Done::WebhookRemoved))
}
