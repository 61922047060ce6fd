//! Alerts: their rules, and the messages to the webhook.

use crate::{
    model::{
        alert_rule::AlertRule,
        calendar::TimeZone,
        page::Page,
        webhook::{WebhookSecret, WebhookUrl},
    },
    store::{
        alerts::{
            Alert, AlertsQuestion, DeliveryState, DueMessage, RuleCheck, RuleError, StoredRule,
            Webhook,
        },
        answer::Answer,
        records::Listed,
    },
};

/// Stores rules, checks them, and queues messages about the alerts.
pub trait AlertOperations {
    /// Lists the rules by name.
    fn alert_rules(&self) -> Answer<'_, Vec<StoredRule>>;

    /// Finds a rule.
    fn alert_rule(&self, id: i64) -> Answer<'_, Option<StoredRule>>;

    /// Finds the rules that have not been checked since a time.
    fn due_alert_rules(&self, since: i64) -> Answer<'_, Vec<i64>>;

    /// Stores a new rule. Returns its number, or why it cannot be stored.
    fn add_alert_rule(&self, rule: AlertRule, now: i64) -> Answer<'_, Result<i64, RuleError>>;

    /// Replaces a rule. Returns false when it is unknown, or why it cannot be stored.
    fn replace_alert_rule(&self, id: i64, rule: AlertRule) -> Answer<'_, Result<bool, RuleError>>;

    /// Removes a rule with its alerts and messages. Returns false when it is unknown.
    fn delete_alert_rule(&self, id: i64) -> Answer<'_, bool>;

    /// Checks a rule at `now`, stores the alerts that begin and end, and queues messages about
    /// them. Days are those of `zone`. An unknown rule changes nothing.
    fn check_alert_rule(&self, id: i64, zone: TimeZone, now: i64) -> Answer<'_, RuleCheck>;

    /// Lists alerts: first the active ones, then the others, the latest first. `None` when the
    /// account is unknown.
    fn alerts(&self, question: AlertsQuestion, page: Page) -> Answer<'_, Option<Listed<Alert>>>;

    /// The receiver, if there is one, and the state of message delivery.
    fn webhook(&self) -> Answer<'_, (Option<Webhook>, DeliveryState)>;

    /// Sets or replaces the receiver. Waiting messages go to the new one.
    fn set_webhook(&self, url: WebhookUrl, secret: WebhookSecret, now: i64) -> Answer<'_, ()>;

    /// Removes the receiver and the messages that wait for it. Returns false when there is none.
    fn remove_webhook(&self) -> Answer<'_, bool>;

    /// Finds a message that is due.
    fn due_message(&self, now: i64) -> Answer<'_, Option<DueMessage>>;

    /// When the next message is due.
    fn next_message_at(&self) -> Answer<'_, Option<i64>>;

    /// Records that a message has arrived, or that it has no alerts left to report.
    fn message_delivered(&self, id: String, now: i64) -> Answer<'_, ()>;

    /// Records a failed attempt. Returns the time of the next attempt; `None` when it was the last
    /// one.
    fn message_failed(
        &self,
        message: DueMessage,
        error: String,
        now: i64,
    ) -> Answer<'_, Option<i64>>;
}
