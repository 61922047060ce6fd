//! Alerts: their rules, and the messages about them.

use crate::{
    model::{
        alert_rule::AlertRule,
        calendar::TimeZone,
        page::Page,
        webhook::{WebhookSecret, WebhookUrl},
    },
    store::{
        alerts::{
            Alert, AlertsQuestion, DueMessage, RuleCheck, RuleError, Standing, StoredRule, Webhook,
        },
        answer::Answer,
        records::Listed,
    },
};

/// Keeps rules, checks them, and keeps the messages about what they hit.
pub trait AlertOperations {
    /// Lists the rules by name.
    fn alert_rules(&self) -> Answer<'_, Vec<StoredRule>>;

    /// Finds a rule.
    fn alert_rule(&self, id: i64) -> Answer<'_, Option<StoredRule>>;

    /// Finds the rules that were not checked since a time.
    fn due_alert_rules(&self, since: i64) -> Answer<'_, Vec<i64>>;

    /// Stores a new rule and answers its number, or why it is not stored.
    fn add_alert_rule(&self, rule: AlertRule, now: i64) -> Answer<'_, Result<i64, RuleError>>;

    /// Replaces a rule. Answers false when it is unknown, or why it is not stored.
    fn replace_alert_rule(&self, id: i64, rule: AlertRule) -> Answer<'_, Result<bool, RuleError>>;

    /// Removes a rule with its alerts and messages. Answers false when it is unknown.
    fn delete_alert_rule(&self, id: i64) -> Answer<'_, bool>;

    /// Checks a rule at `now`, and stores the alerts that began and ended, with the
    /// messages about them. Days are those of `zone`. An unknown rule hits nothing.
    fn check_alert_rule(&self, id: i64, zone: TimeZone, now: i64) -> Answer<'_, RuleCheck>;

    /// Lists alerts, those that hold first and then the latest; `None` when the account is
    /// unknown.
    fn alerts(&self, question: AlertsQuestion, page: Page) -> Answer<'_, Option<Listed<Alert>>>;

    /// The receiver, if there is one, and how messages fare.
    fn webhook(&self) -> Answer<'_, (Option<Webhook>, Standing)>;

    /// Sets the receiver in place of the one before. Messages that wait go to it.
    fn set_webhook(&self, url: WebhookUrl, secret: WebhookSecret, now: i64) -> Answer<'_, ()>;

    /// Removes the receiver, and the messages that wait for it. Answers false when there
    /// is none.
    fn remove_webhook(&self) -> Answer<'_, bool>;

    /// Finds a message whose time has come.
    fn due_message(&self, now: i64) -> Answer<'_, Option<DueMessage>>;

    /// When the next message is due.
    fn next_message_at(&self) -> Answer<'_, Option<i64>>;

    /// Records that a message has arrived, or that nothing of it is left to be told.
    fn message_delivered(&self, id: String, now: i64) -> Answer<'_, ()>;

    /// Records that an attempt failed. Answers when the next one is made; `None` when it
    /// was the last.
    fn message_failed(
        &self,
        message: DueMessage,
        error: String,
        now: i64,
    ) -> Answer<'_, Option<i64>>;
}
