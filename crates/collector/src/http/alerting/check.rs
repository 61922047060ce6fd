//! Checks alert rules.

use serde::Serialize;

use crate::{
    http::{error::ApiError, state::App},
    model::{
        alert_rule::{Condition, start_of_silence},
        calendar::TimeZone,
        page::Page,
        quarter::QUARTER_MS,
        usage::Filter,
    },
    store::alerts::{Alert, AlertsQuestion, RuleCheck, StoredRule},
};

/// Time between two checks of a rule.
const INTERVAL_MS: i64 = 3_600_000;

/// Shortest time between two checks of a rule for silent accounts. A check reads figures of all
/// accounts, and in the morning somebody returns all the time.
const RETURN_INTERVAL_MS: i64 = 300_000;

/// How long a tracker usually takes at most to deliver an event. The hourly check finds the effects
/// of later ones.
const DELIVERY_MS: i64 = 900_000;

/// Most alerts of a rule that are searched for accounts which have returned.
const SEARCHED_ALERTS: i64 = 10_000;

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

/// Checks the rules that were last checked an hour ago or earlier, those that were checked while the
/// clock was ahead, and those with an alert about a silent account that has been in use since.
///
/// # Errors
/// When the store fails.
pub async fn check_due(app: &App, now: i64) -> Result<Checked, ApiError> {
    let due = app.store.due_alert_rules(now.saturating_sub(INTERVAL_MS));
    let due = check(app, now, due.await?).await?;
    let mut others = Vec::new();
    for rule in app.store.alert_rules().await? {
        if is_ahead(&rule, now) || has_return(app, &rule, now).await? {
            others.push(rule.id);
        }
    }
    let others = check(app, now, others).await?;
    Ok(Checked {
        rules: due.rules + others.rules,
        began: due.began + others.began,
        ended: due.ended + others.ended,
    })
}

/// Whether a rule was checked while the clock was ahead. It would not be due until the time that the
/// clock had shown. The clocks of several collectors may differ by less.
fn is_ahead(rule: &StoredRule, now: i64) -> bool {
    let latest = now.saturating_add(INTERVAL_MS);
    rule.checked_at.is_some_and(|checked| checked > latest)
}

/// Whether an account that a rule found silent has been in use again. Only the latest uses are
/// read, which is much less than a check reads.
async fn has_return(app: &App, rule: &StoredRule, now: i64) -> Result<bool, ApiError> {
    let Condition::Silent { days } = rule.rule.condition else {
        return Ok(false);
    };
    let Some(checked_at) = rule.checked_at else {
        return Ok(false);
    };
    if rule.holding == 0 || checked_at > now.saturating_sub(RETURN_INTERVAL_MS) {
        return Ok(false);
    }
    let question = AlertsQuestion {
        rule: Some(rule.id),
        holding: true,
        account_id: None,
    };
    let page = Page {
        limit: SEARCHED_ALERTS,
        number: 1,
    };
    let Some((alerts, _)) = app.store.alerts(question, page).await? else {
        return Ok(false);
    };
    Ok(is_seen_since(
        &alerts,
        start(rule, &app.config.timezone, now, days, checked_at),
    ))
}

/// The earliest use that can end an alert of a rule.
fn start(rule: &StoredRule, zone: &TimeZone, now: i64, days: u32, checked_at: i64) -> i64 {
    let silence = start_of_silence(zone, now, days);
    if rule.rule.usage_filter() == Filter::default() {
        return silence;
    }
    // The use may be of another product, which ends nothing: each is a reason for one check.
    silence.max(checked_at.saturating_sub(QUARTER_MS + DELIVERY_MS))
}

fn is_seen_since(alerts: &[Alert], start: i64) -> bool {
    let mut seen = alerts.iter().filter_map(|alert| alert.last_seen);
    seen.any(|seen| seen >= start)
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
