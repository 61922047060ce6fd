//! Checks alert rules.

use serde::Serialize;

use crate::{
    http::{error::ApiError, state::App},
    store::alerts::RuleCheck,
};

/// Time between two checks of a rule.
const INTERVAL_MS: i64 = 3_600_000;

/// The result of a check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Number of rules.
    pub rules: usize,
    /// Number of alerts that began.
    pub began: usize,
    /// Number of alerts that ended.
    pub ended: usize,
}

/// Checks all rules.
///
/// # Errors
/// When the store fails.
pub async fn check_all(app: &App, now: i64) -> Result<Checked, ApiError> {
    let rules = app.store.alert_rules().await?;
    check(app, now, rules.into_iter().map(|rule| rule.id).collect()).await
}

/// Checks the rules that were last checked an hour ago or earlier.
///
/// # Errors
/// When the store fails.
pub async fn check_due(app: &App, now: i64) -> Result<Checked, ApiError> {
    let since = now.saturating_sub(INTERVAL_MS);
    check(app, now, app.store.due_alert_rules(since).await?).await
}

/// Checks one rule.
///
/// # Errors
/// When the store fails.
pub async fn check_rule(app: &App, rule: i64, now: i64) -> Result<Checked, ApiError> {
    check(app, now, vec![rule]).await
}

async fn check(app: &App, now: i64, rules: Vec<i64>) -> Result<Checked, ApiError> {
    let mut checked = Checked::default();
    for rule in rules {
        let zone = app.config.timezone.clone();
        let RuleCheck { began, ended } = app.store.check_alert_rule(rule, zone, now).await?;
        checked.rules += 1;
        checked.began += began;
        checked.ended += ended;
    }
    if checked.began > 0 {
        app.alerts_waiting.notify_one();
    }
    Ok(checked)
}
