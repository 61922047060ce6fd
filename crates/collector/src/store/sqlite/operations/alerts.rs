//! Alerts: their rules, and the messages to the webhook.

use crate::{
    model::{
        alert_rule::AlertRule,
        calendar::TimeZone,
        page::Page,
        webhook::{WebhookSecret, WebhookUrl, new_message_id},
    },
    store::{
        alerts::{
            Alert, AlertsQuestion, DeliveryState, DueMessage, MESSAGE_ALERTS, RuleCheck, RuleError,
            StoredRule, Webhook,
        },
        answer::Answer,
        error::StoreError,
        operations::AlertOperations,
        records::Listed,
        rule_check::Changes,
        sqlite::{
            SqliteStore, account_rows,
            alerts::{
                evaluation,
                found::{self, AlertFilter},
                messages, rules, webhook,
            },
        },
    },
};

impl AlertOperations for SqliteStore {
    fn alert_rules(&self) -> Answer<'_, Vec<StoredRule>> {
        Box::pin(self.read(rules::list))
    }

    fn alert_rule(&self, id: i64) -> Answer<'_, Option<StoredRule>> {
        Box::pin(self.read(move |conn| rules::find(conn, id)))
    }

    fn due_alert_rules(&self, since: i64) -> Answer<'_, Vec<i64>> {
        Box::pin(self.read(move |conn| rules::due(conn, since)))
    }

    fn add_alert_rule(&self, rule: AlertRule, now: i64) -> Answer<'_, Result<i64, RuleError>> {
        Box::pin(self.write_unless_rejected(move |tx| rules::insert(tx, &rule, now)))
    }

    fn replace_alert_rule(&self, id: i64, rule: AlertRule) -> Answer<'_, Result<bool, RuleError>> {
        Box::pin(self.write_unless_rejected(move |tx| rules::update(tx, id, &rule)))
    }

    fn delete_alert_rule(&self, id: i64) -> Answer<'_, bool> {
        Box::pin(self.write(move |tx| rules::delete(tx, id)))
    }

    fn check_alert_rule(&self, id: i64, zone: TimeZone, now: i64) -> Answer<'_, RuleCheck> {
        Box::pin(check_rule(self, id, zone, now))
    }

    fn alerts(&self, question: AlertsQuestion, page: Page) -> Answer<'_, Option<Listed<Alert>>> {
        Box::pin(self.read(move |conn| {
            let account = match &question.account_id {
                None => None,
                Some(id) => match account_rows::find_row(conn, id)? {
                    None => return Ok(None),
                    found => found,
                },
            };
            let filter = AlertFilter {
                account,
                within: None,
                rule: question.rule,
                holding: question.holding,
            };
            found::list_with_last_uses(conn, &filter, page).map(Some)
        }))
    }

    fn webhook(&self) -> Answer<'_, (Option<Webhook>, DeliveryState)> {
        Box::pin(self.read(|conn| Ok((webhook::find(conn)?, messages::delivery_state(conn)?))))
    }

    fn set_webhook(&self, url: WebhookUrl, secret: WebhookSecret, now: i64) -> Answer<'_, ()> {
        Box::pin(self.write(move |tx| webhook::set(tx, &url, &secret, now)))
    }

    fn remove_webhook(&self) -> Answer<'_, bool> {
        Box::pin(self.write(webhook::remove))
    }

    fn due_message(&self, now: i64) -> Answer<'_, Option<DueMessage>> {
        Box::pin(self.read(move |conn| messages::next_due(conn, now)))
    }

    fn next_message_at(&self) -> Answer<'_, Option<i64>> {
        Box::pin(self.read(messages::next_at))
    }

    fn message_delivered(&self, id: String, now: i64) -> Answer<'_, ()> {
        Box::pin(self.write(move |tx| messages::set_delivered(tx, &id, now)))
    }

    fn message_failed(
        &self,
        message: DueMessage,
        error: String,
        now: i64,
    ) -> Answer<'_, Option<i64>> {
        Box::pin(self.write(move |tx| messages::set_failed(tx, &message, &error, now)))
    }
}

/// Checks a rule. Reads the figures like a report does, and writes a hundred alerts at a time, so
/// that batches of events are stored in between.
async fn check_rule(
    store: &SqliteStore,
    rule: i64,
    zone: TimeZone,
    now: i64,
) -> Result<RuleCheck, StoreError> {
    let changes = store.read(move |conn| {
        let Some(stored) = rules::find(conn, rule)? else {
            return Ok(Changes::default());
        };
        let hits = evaluation::evaluate(conn, &stored, &zone, now)?;
        found::changes(conn, rule, hits)
    });
    let Changes { began, ended } = changes.await?;
    let mut checked = RuleCheck {
        began: 0,
        ended: ended.len(),
    };
    for ended in ended.chunks(MESSAGE_ALERTS) {
        let ended = ended.to_vec();
        store
            .write_weighing(ended.len(), move |tx| found::end(tx, &ended, now))
            .await?;
    }
    for began in began.chunks(MESSAGE_ALERTS) {
        let message_id = new_message_id().map_err(|cause| {
            StoreError::Failed(format!(
                "no random numbers for the id of a message: {cause}"
            ))
        })?;
        let began = began.to_vec();
        checked.began += store
            .write_weighing(began.len(), move |tx| {
                found::begin(tx, rule, &began, &message_id, now)
            })
            .await?;
    }
    store
        .write(move |tx| {
            found::forget_old(tx, now)?;
            rules::set_checked(tx, rule, now)
        })
        .await?;
    Ok(checked)
}
