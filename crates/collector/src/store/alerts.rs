//! Alerts, their rules and their receiver.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    portfolio::{Names, dimension_text},
    tree::Tree,
};
use crate::model::{
    alert_rule::AlertRule,
    webhook::{WebhookSecret, WebhookUrl},
};

/// Most rules. Each of them reads figures of all accounts every hour.
pub const MAX_RULES: i64 = 50;

/// Most alerts of one message, and of one transaction.
pub const MESSAGE_ALERTS: usize = 100;

/// A rule that is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRule {
    /// Its number.
    pub id: i64,
    /// The rule.
    pub rule: AlertRule,
    /// When it was made, in ms since the Unix epoch.
    pub created_at: i64,
    /// When it was checked last.
    pub checked_at: Option<i64>,
    /// Number of its alerts that hold.
    pub holding: i64,
}

/// Why a rule is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Another one has the name.
    #[error("another rule has this name; choose another name, or change that rule")]
    NameInUse,
    /// There are as many as there may be.
    #[error("there are {MAX_RULES} rules already; remove one that nobody needs")]
    TooMany,
}

/// An alert with what people read.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its number.
    pub id: i64,
    /// The rule that made it.
    pub rule_id: i64,
    /// Name of the rule.
    pub rule: String,
    /// Id of the account.
    pub account_id: String,
    /// Name of the account.
    pub account_name: Option<String>,
    /// Id of the user, where the rule is about users.
    pub user_id: Option<String>,
    /// The figure that the rule compares, when the alert began.
    pub now: Option<f64>,
    /// The figure of the period before.
    pub before: Option<f64>,
    /// When it began, in ms since the Unix epoch.
    pub began_at: i64,
    /// When it ended; `None` while it holds.
    pub ended_at: Option<i64>,
}

impl Alert {
    /// Name of the account, or its id.
    pub fn account_title(&self) -> &str {
        self.account_name.as_deref().unwrap_or(&self.account_id)
    }
}

/// The alerts that a question is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertsQuestion {
    /// Only those of the account with this id itself.
    pub account_id: Option<String>,
    /// Only those of this rule.
    pub rule: Option<i64>,
    /// Only those that hold.
    pub holding: bool,
}

/// What a check of a rule changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCheck {
    /// Number of alerts that began.
    pub began: usize,
    /// Number of alerts that no longer hold.
    pub ended: usize,
}

/// The receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where messages are posted.
    pub url: WebhookUrl,
    /// What they are signed with.
    pub secret: WebhookSecret,
    /// When it was set, in ms since the Unix epoch.
    pub created_at: i64,
}

/// A message that is to be sent now.
#[derive(Debug, Clone, PartialEq)]
pub struct DueMessage {
    /// Its id.
    pub id: String,
    /// To whom.
    pub to: Webhook,
    /// Its text; `None` where nothing of it is left to be told.
    pub body: Option<String>,
    /// Number of attempts so far.
    pub attempts: u32,
}

/// How messages fare.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Number of messages that wait for an attempt.
    pub waiting: i64,
    /// Number of messages that have arrived.
    pub delivered: i64,
    /// Number of messages that were given up.
    pub given_up: i64,
    /// Why the latest attempt failed, of those that have not arrived.
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
    /// How messages fare.
    pub messages: Standing,
}

/// What the filters of a rule can name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// The names of the usage of all accounts, as they were a moment ago.
    pub names: Names,
    /// Every dimension that an account has, with its values.
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

/// The text of a message.
#[derive(Debug, Serialize)]
struct Body {
    #[serde(rename = "type")]
    kind: &'static str,
    rule: Value,
    alerts: Vec<ToldAlert>,
}

/// An alert as a message tells it.
#[derive(Debug, Serialize)]
pub(in crate::store) struct ToldAlert {
    pub(in crate::store) id: i64,
    pub(in crate::store) account_id: String,
    pub(in crate::store) account_name: Option<String>,
    pub(in crate::store) user_id: Option<String>,
    pub(in crate::store) now: Option<f64>,
    pub(in crate::store) before: Option<f64>,
    pub(in crate::store) began_at: i64,
}

/// The text of a message about alerts of a rule; `None` where nothing is left to be told.
pub(in crate::store) fn message_body(
    stored: &StoredRule,
    alerts: Vec<ToldAlert>,
) -> Option<String> {
    if alerts.is_empty() {
        return None;
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
