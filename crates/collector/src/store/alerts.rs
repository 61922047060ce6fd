//! Alerts, their rules, and the webhook that receives them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    portfolio::{Names, dimension_text},
    tree::Tree,
};
use crate::model::{
    alert_rule::{AlertRule, Condition},
    webhook::{WebhookSecret, WebhookUrl},
};

/// Maximum number of rules. Each one reads figures of all accounts every hour.
pub const MAX_RULES: i64 = 50;

/// Maximum number of alerts in one message, and in one transaction.
pub const MESSAGE_ALERTS: usize = 100;

/// A stored rule.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRule {
    /// Its number.
    pub id: i64,
    /// The rule.
    pub rule: AlertRule,
    /// When it was made, in ms since the Unix epoch.
    pub created_at: i64,
    /// When it was last checked.
    pub checked_at: Option<i64>,
    /// Number of its active alerts.
    pub holding: i64,
}

/// Why a rule cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Another rule has the same name.
    #[error("another rule has this name; choose another name, or change that rule")]
    NameInUse,
    /// The maximum number of rules is reached.
    #[error("there are {MAX_RULES} rules already; remove one that nobody needs")]
    TooMany,
    /// The account below which the rule counts is unknown.
    #[error("no account {0:?}; it is made by its first event or by POST /api/v2/accounts")]
    UnknownAccount(String),
}

/// An alert, with the names that people read.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its number.
    pub id: i64,
    /// The rule that made it.
    pub rule_id: i64,
    /// Name of the rule.
    pub rule: String,
    /// Condition of the rule.
    pub condition: Condition,
    /// Id of the account.
    pub account_id: String,
    /// Name of the account.
    pub account_name: Option<String>,
    /// Name of the account directly above, or its id, if the caller may see that account.
    pub parent_title: Option<String>,
    /// Id of the user, where the rule is about users.
    pub user_id: Option<String>,
    /// Whether the caller may see that user. A user may have moved to an account that the caller
    /// may not see.
    pub is_user_visible: bool,
    /// The compared figure of the period when the alert began.
    pub now: Option<f64>,
    /// The same figure of the previous period.
    pub before: Option<f64>,
    /// When it began, in ms since the Unix epoch.
    pub began_at: i64,
    /// When it ended; `None` while it is active.
    pub ended_at: Option<i64>,
    /// The latest use of an account that the alert, while it is active, reports as silent, with
    /// everything below the account, in ms since the Unix epoch.
    pub last_seen: Option<i64>,
}

impl Alert {
    /// Name of the account, or its id.
    pub fn account_title(&self) -> &str {
        self.account_name.as_deref().unwrap_or(&self.account_id)
    }
}

fn is_silent(alert: &Alert) -> bool {
    alert.ended_at.is_none() && matches!(alert.condition, Condition::Silent { .. })
}

/// The ids of the accounts that active alerts report as silent.
pub(in crate::store) fn silent_accounts(alerts: &[Alert]) -> BTreeSet<String> {
    let silent = alerts.iter().filter(|alert| is_silent(alert));
    silent.map(|alert| alert.account_id.clone()).collect()
}

/// Sets when the accounts of [`silent_accounts`] were last in use.
pub(in crate::store) fn set_last_uses(alerts: &mut [Alert], uses: &BTreeMap<String, i64>) {
    for alert in alerts.iter_mut().filter(|alert| is_silent(alert)) {
        alert.last_seen = uses.get(&alert.account_id).copied();
    }
}

/// Selects alerts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertsQuestion {
    /// Only alerts of exactly this account, without its descendants.
    pub account_id: Option<String>,
    /// Only alerts of this rule.
    pub rule: Option<i64>,
    /// Only active alerts.
    pub holding: bool,
}

/// What a check of a rule changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCheck {
    /// Number of alerts that began.
    pub began: usize,
    /// Number of alerts that ended.
    pub ended: usize,
}

/// The webhook that receives messages about alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where messages are posted.
    pub url: WebhookUrl,
    /// The secret that signs messages.
    pub secret: WebhookSecret,
    /// When it was set, in ms since the Unix epoch.
    pub created_at: i64,
}

/// A message that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct DueMessage {
    /// Its id.
    pub id: String,
    /// The receiver.
    pub to: Webhook,
    /// The body; `None` when none of its alerts is left.
    pub body: Option<String>,
    /// Number of attempts so far.
    pub attempts: u32,
}

/// The state of message delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryState {
    /// Number of messages that wait for an attempt.
    pub waiting: i64,
    /// Number of messages that have arrived.
    pub delivered: i64,
    /// Number of messages that were given up.
    pub given_up: i64,
    /// Why the latest attempt failed, among messages that have not arrived.
    pub last_error: Option<String>,
}

/// What the page for alerts shows.
#[derive(Debug, Clone)]
pub struct AlertsPage {
    /// The tree.
    pub tree: Tree,
    /// The alerts.
    pub alerts: Vec<Alert>,
    /// The rules.
    pub rules: Vec<StoredRule>,
    /// The receiver.
    pub webhook: Option<Webhook>,
    /// The state of message delivery.
    pub messages: DeliveryState,
}

/// The values that the filters of a rule can name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// The product, module and feature names of all accounts. They may be slightly out of date.
    pub names: Names,
    /// Every dimension of any account, with its values.
    pub dimensions: BTreeMap<String, BTreeSet<String>>,
}

impl Choices {
    /// Adds the dimensions of an account.
    pub(in crate::store) fn add(&mut self, details: &Map<String, Value>) {
        for (name, value) in details {
            if let Some(text) = dimension_text(value) {
                self.dimensions
                    .entry(name.clone())
                    .or_default()
                    .insert(text);
            }
        }
    }
}

/// The body of a message.
#[derive(Debug, Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    rule: Value,
    alerts: Vec<MessageAlert>,
}

/// An alert as it appears in a message.
#[derive(Debug, Serialize)]
pub(in crate::store) struct MessageAlert {
    pub(in crate::store) id: i64,
    pub(in crate::store) account_id: String,
    pub(in crate::store) account_name: Option<String>,
    pub(in crate::store) user_id: Option<String>,
    pub(in crate::store) now: Option<f64>,
    pub(in crate::store) before: Option<f64>,
    pub(in crate::store) began_at: i64,
    pub(in crate::store) last_seen: Option<i64>,
}

/// The ids of the accounts in a message of a rule for silent accounts. Empty for other rules.
pub(in crate::store) fn silent_accounts_in(
    rule: &AlertRule,
    alerts: &[MessageAlert],
) -> BTreeSet<String> {
    let is_silent = matches!(rule.condition, Condition::Silent { .. });
    let silent = alerts.iter().filter(|_| is_silent);
    silent.map(|alert| alert.account_id.clone()).collect()
}

/// The body of a message about alerts of a rule; `None` when there are no alerts. `uses` has the
/// latest uses of [`silent_accounts_in`] the message.
pub(in crate::store) fn message_body(
    stored: &StoredRule,
    mut alerts: Vec<MessageAlert>,
    uses: &BTreeMap<String, i64>,
) -> Option<String> {
    if alerts.is_empty() {
        return None;
    }
    for alert in &mut alerts {
        alert.last_seen = uses.get(&alert.account_id).copied();
    }
    let mut rule = serde_json::to_value(&stored.rule).expect("a rule is plain values");
    rule["id"] = stored.id.into();
    let body = Body {
        kind: "alerts.began",
        rule,
        alerts,
    };
    Some(serde_json::to_string(&body).expect("a message is plain values"))
}
