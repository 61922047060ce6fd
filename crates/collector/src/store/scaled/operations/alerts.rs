//! Alerts: their rules, and the messages to the webhook.

use super::{ask, read, write, write_unless_rejected};
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
        scaled::{
            ScaledStore, account_rows,
            alerts::{self, AlertScope},
            failure::Failure,
            rule_check,
        },
    },
};

impl AlertOperations for ScaledStore {
    fn alert_rules(&self) -> Answer<'_, Vec<StoredRule>> {
        read!(self, tx => alerts::rules(tx).await?)
    }

    fn alert_rule(&self, id: i64) -> Answer<'_, Option<StoredRule>> {
        read!(self, tx => alerts::rule(tx, id).await?)
    }

    fn due_alert_rules(&self, since: i64) -> Answer<'_, Vec<i64>> {
        read!(self, tx => alerts::due_rules(tx, since).await?)
    }

    fn add_alert_rule(&self, rule: AlertRule, now: i64) -> Answer<'_, Result<i64, RuleError>> {
        write_unless_rejected!(self, tx => alerts::add_rule(tx, &rule, now).await?)
    }

    fn replace_alert_rule(&self, id: i64, rule: AlertRule) -> Answer<'_, Result<bool, RuleError>> {
        write_unless_rejected!(self, tx => alerts::replace_rule(tx, id, &rule).await?)
    }

    fn delete_alert_rule(&self, id: i64) -> Answer<'_, bool> {
        write!(self, tx => alerts::delete_rule(tx, id).await?)
    }

    fn check_alert_rule(&self, id: i64, zone: TimeZone, now: i64) -> Answer<'_, RuleCheck> {
        Box::pin(check_rule(self, id, zone, now))
    }

    fn alerts(&self, question: AlertsQuestion, page: Page) -> Answer<'_, Option<Listed<Alert>>> {
        ask!(self, tx => {
            let account = match &question.account_id {
                None => None,
                Some(id) => match account_rows::find_no(tx, id).await? {
                    None => return Ok(None),
                    found => found,
                },
            };
            let scope = AlertScope {
                account,
                within: None,
            };
            Some(alerts::list_with_last_uses(tx, &self.nodes, &question, scope, page).await?)
        })
    }

    fn webhook(&self) -> Answer<'_, (Option<Webhook>, DeliveryState)> {
        read!(self, tx => (alerts::webhook(tx).await?, alerts::delivery_state(tx).await?))
    }

    fn set_webhook(&self, url: WebhookUrl, secret: WebhookSecret, now: i64) -> Answer<'_, ()> {
        write!(self, tx => alerts::set_webhook(tx, &url, &secret, now).await?)
    }

    fn remove_webhook(&self) -> Answer<'_, bool> {
        write!(self, tx => alerts::remove_webhook(tx).await?)
    }

    fn due_message(&self, now: i64) -> Answer<'_, Option<DueMessage>> {
        ask!(self, tx => alerts::due_message(tx, &self.nodes, now).await?)
    }

    fn next_message_at(&self) -> Answer<'_, Option<i64>> {
        read!(self, tx => alerts::next_message_at(tx).await?)
    }

    fn message_delivered(&self, id: String, now: i64) -> Answer<'_, ()> {
        write!(self, tx => alerts::message_delivered(tx, &id, now).await?)
    }

    fn message_failed(
        &self,
        message: DueMessage,
        error: String,
        now: i64,
    ) -> Answer<'_, Option<i64>> {
        write!(self, tx => alerts::message_failed(tx, &message, &error, now).await?)
    }
}

/// Checks a rule. Reads the figures in a snapshot, and writes a hundred alerts at a time. Several
/// collectors may check the same rule at once: each alert is stored once.
async fn check_rule(
    store: &ScaledStore,
    rule: i64,
    zone: TimeZone,
    now: i64,
) -> Result<RuleCheck, StoreError> {
    let changes: Answer<'_, Changes> = ask!(store, tx => {
        rule_check::changes(tx, &store.nodes, rule, &zone, now).await?
    });
    let Changes { began, ended } = changes.await?;
    let mut checked = RuleCheck {
        began: 0,
        ended: ended.len(),
    };
    for ended in ended.chunks(MESSAGE_ALERTS) {
        let done: Answer<'_, ()> = write!(store, tx => rule_check::end(tx, ended, now).await?);
        done.await?;
    }
    for began in began.chunks(MESSAGE_ALERTS) {
        let message_id = new_message_id().map_err(Failure::from)?;
        let done: Answer<'_, u64> = write!(store, tx => {
            rule_check::begin(tx, rule, began, &message_id, now).await?
        });
        checked.began += usize::try_from(done.await?).unwrap_or(usize::MAX);
    }
    let done: Answer<'_, ()> = write!(store, tx => rule_check::finish(tx, rule, now).await?);
    done.await?;
    Ok(checked)
}
