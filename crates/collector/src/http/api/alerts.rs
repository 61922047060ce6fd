//! `/api/v2/alert_rules`, `/api/v2/alerts` and `/api/v2/webhook`.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    clock::now_ms,
    http::{
        alerting::{Checked, check_all, check_rule},
        api::{
            accounts::Accounts,
            bulk::{List, single_record},
            resource::Resource,
        },
        error::ApiError,
        extract::{JsonBody, PageQuery, Path, Query, SafeInteger},
        state::App,
    },
    model::{
        alert_rule::AlertRule,
        rounding::rounded,
        webhook::{WebhookSecret, WebhookUrl},
    },
    store::alerts::{Alert, AlertsQuestion, DeliveryState, RuleError, StoredRule},
};

/// A rule, as the API returns it.
#[derive(Debug, Clone, Serialize)]
pub struct RuleResponse {
    id: i64,
    #[serde(flatten)]
    rule: AlertRule,
    created_at: i64,
    checked_at: Option<i64>,
    holding: i64,
}

impl From<StoredRule> for RuleResponse {
    fn from(stored: StoredRule) -> Self {
        RuleResponse {
            id: stored.id,
            rule: stored.rule,
            created_at: stored.created_at,
            checked_at: stored.checked_at,
            holding: stored.holding,
        }
    }
}

/// An alert, as the API returns it.
#[derive(Debug, Clone, Serialize)]
pub struct AlertResponse {
    id: i64,
    rule_id: i64,
    rule: String,
    account_id: String,
    account_name: Option<String>,
    user_id: Option<String>,
    now: Option<f64>,
    before: Option<f64>,
    began_at: i64,
    ended_at: Option<i64>,
    last_seen: Option<i64>,
}

impl From<Alert> for AlertResponse {
    fn from(alert: Alert) -> Self {
        AlertResponse {
            id: alert.id,
            rule_id: alert.rule_id,
            rule: alert.rule,
            account_id: alert.account_id,
            account_name: alert.account_name,
            user_id: alert.user_id,
            now: alert.now.map(rounded),
            before: alert.before.map(rounded),
            began_at: alert.began_at,
            ended_at: alert.ended_at,
            last_seen: alert.last_seen,
        }
    }
}

fn no_rule(id: &str) -> ApiError {
    ApiError::NotFound(format!(
        "no alert rule {id:?}; GET /api/v2/alert_rules lists them"
    ))
}

/// Parses the number in an address.
fn number(id: &str) -> Result<i64, ApiError> {
    id.parse().map_err(|_| no_rule(id))
}

fn read_rule(body: Value) -> Result<AlertRule, ApiError> {
    AlertRule::from_record(single_record(body)?)
        .map_err(|invalid| ApiError::Unprocessable(invalid.to_string()))
}

impl From<RuleError> for ApiError {
    fn from(error: RuleError) -> Self {
        match error {
            RuleError::NameInUse | RuleError::TooMany => ApiError::Conflict(error.to_string()),
            RuleError::UnknownAccount(_) => ApiError::Unprocessable(error.to_string()),
        }
    }
}

/// Lists the rules.
///
/// # Errors
/// 400 for invalid parameters.
pub async fn list_rules(
    State(app): State<App>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<RuleResponse>>, ApiError> {
    let page = page.page()?;
    let rules = app.store.alert_rules().await?;
    let total = rules.len() as i64;
    let rules = rules.into_iter().map(RuleResponse::from);
    let before = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let most = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let rules = rules.skip(before).take(most).collect();
    Ok(Json(List::new(rules, total, page)))
}

/// Returns one rule.
///
/// # Errors
/// 404 when the rule is unknown.
pub async fn get_rule(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<RuleResponse>, ApiError> {
    find(&app, number(&id)?).await
}

async fn find(app: &App, id: i64) -> Result<Json<RuleResponse>, ApiError> {
    let found = app.store.alert_rule(id).await?;
    found
        .map(|stored| Json(stored.into()))
        .ok_or_else(|| no_rule(&id.to_string()))
}

/// Stores a new rule and checks it. `checked_at` is null if it could not be checked yet.
///
/// # Errors
/// 409 when its name is in use, 422 when it is invalid or its account is unknown.
pub async fn post_rule(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Json<RuleResponse>, ApiError> {
    let id = add_rule(&app, read_rule(body)?).await?;
    find(&app, id).await
}

/// Stores a new rule, checks it, and returns its number.
///
/// # Errors
/// 409 when its name is in use or there are too many, 422 when its account is unknown.
pub async fn add_rule(app: &App, rule: AlertRule) -> Result<i64, ApiError> {
    let now = now_ms();
    let id = app.store.add_alert_rule(rule, now).await??;
    check_stored(app, id, now).await;
    Ok(id)
}

/// Checks a stored rule. If the check fails, the rule counts as unchecked, and the next check
/// of all due rules includes it. The error is not returned: the caller would conclude that
/// the rule was not stored.
async fn check_stored(app: &App, rule: i64, now: i64) {
    if let Err(cause) = check_rule(app, rule, now).await {
        tracing::warn!(%cause, rule, "a stored rule of alerts is checked later");
    }
}

/// Replaces a rule and checks it. `checked_at` is null if it could not be checked yet.
///
/// # Errors
/// 404 when the rule is unknown, 409 when its name is in use, 422 when it is invalid or its account
/// is unknown.
pub async fn put_rule(
    State(app): State<App>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<RuleResponse>, ApiError> {
    let rule = read_rule(body)?;
    let id = number(&id)?;
    replace_rule(&app, id, rule).await?;
    find(&app, id).await
}

/// Replaces the rule with a number and checks it.
///
/// # Errors
/// 404 when the rule is unknown, 409 when its name is in use, 422 when its account is unknown.
pub async fn replace_rule(app: &App, id: i64, rule: AlertRule) -> Result<(), ApiError> {
    let is_known = app.store.replace_alert_rule(id, rule).await??;
    if !is_known {
        return Err(no_rule(&id.to_string()));
    }
    check_stored(app, id, now_ms()).await;
    Ok(())
}

/// Removes a rule with its alerts.
///
/// # Errors
/// 404 when the rule is unknown.
pub async fn delete_rule(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id = number(&id)?;
    if !app.store.delete_alert_rule(id).await? {
        return Err(no_rule(&id.to_string()));
    }
    Ok(Json(json!({ "removed": id })))
}

/// Parameters of the list of alerts.
#[derive(Debug, Clone, Deserialize)]
pub struct AlertsQuery {
    account_id: Option<String>,
    rule_id: Option<SafeInteger>,
    #[serde(default)]
    holding: bool,
}

/// Lists alerts, the active ones first.
///
/// # Errors
/// 400 for invalid parameters, 404 for an unknown account or rule.
pub async fn list(
    State(app): State<App>,
    Query(query): Query<AlertsQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<AlertResponse>>, ApiError> {
    let page = page.page()?;
    let account_id = query.account_id;
    let rule = query.rule_id.map(|rule| rule.0);
    if let Some(id) = rule
        && app.store.alert_rule(id).await?.is_none()
    {
        return Err(no_rule(&id.to_string()));
    }
    let question = AlertsQuestion {
        account_id: account_id.clone(),
        rule,
        holding: query.holding,
    };
    let found = app.store.alerts(question, page).await?;
    let (alerts, total) =
        found.ok_or_else(|| Accounts::not_found(&account_id.unwrap_or_default()))?;
    let alerts = alerts.into_iter().map(AlertResponse::from).collect();
    Ok(Json(List::new(alerts, total, page)))
}

/// Checks all rules now.
///
/// # Errors
/// When the store fails.
pub async fn check(State(app): State<App>) -> Result<Json<Checked>, ApiError> {
    check_all(&app, now_ms()).await.map(Json)
}

/// The webhook receiver, as the API returns it, without its secret.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookResponse {
    url: String,
    created_at: i64,
    messages: DeliveryState,
}

/// Returns the webhook receiver.
///
/// # Errors
/// 404 when none is set.
pub async fn get_webhook(State(app): State<App>) -> Result<Json<WebhookResponse>, ApiError> {
    let (webhook, messages) = app.store.webhook().await?;
    let webhook = webhook.ok_or_else(no_webhook)?;
    Ok(Json(WebhookResponse {
        url: webhook.url.as_str().to_owned(),
        created_at: webhook.created_at,
        messages,
    }))
}

fn no_webhook() -> ApiError {
    ApiError::NotFound("no webhook is set; PUT /api/v2/webhook with {\"url\":…} sets one".into())
}

/// Sets the webhook receiver, and returns its secret only this once.
///
/// # Errors
/// 422 for an invalid address.
pub async fn put_webhook(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    let body = single_record(body)?;
    let text = body["url"].as_str().unwrap_or_default().to_owned();
    let secret = set_webhook(&app, &text).await?;
    Ok(Json(json!({ "url": text.trim(), "secret": secret })))
}

/// Sets the webhook receiver and returns its secret.
///
/// # Errors
/// 422 for an invalid address.
pub async fn set_webhook(app: &App, url: &str) -> Result<String, ApiError> {
    let url =
        WebhookUrl::parse(url).map_err(|invalid| ApiError::Unprocessable(invalid.to_string()))?;
    let secret = WebhookSecret::generate().map_err(|cause| {
        tracing::error!(%cause, "no random numbers for a secret");
        ApiError::Internal
    })?;
    let revealed = secret.reveal();
    app.store.set_webhook(url, secret, now_ms()).await?;
    app.alerts_waiting.notify_one();
    Ok(revealed)
}

/// Removes the webhook receiver.
///
/// # Errors
/// 404 when none is set.
pub async fn delete_webhook(State(app): State<App>) -> Result<Json<Value>, ApiError> {
    if !app.store.remove_webhook().await? {
        return Err(no_webhook());
    }
    Ok(Json(json!({ "removed": true })))
}
