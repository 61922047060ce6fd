//! Alert rules, their receiver, and the messages to it.

use tokio_postgres::Row;

use super::{
    account_rows,
    account_tree::is_within,
    failure::{Failure, Result},
    nodes::Nodes,
    portfolio,
    postgres::{Tx, execute, query, query_one, query_opt},
};
use crate::{
    model::{
        alert_rule::AlertRule,
        page::Page,
        webhook::{LATEST_MS, WebhookSecret, WebhookUrl, pause_after},
    },
    store::{
        alerts::{
            Alert, AlertsQuestion, DeliveryState, DueMessage, MAX_RULES, MESSAGE_ALERTS,
            MessageAlert, RuleError, StoredRule, Webhook, message_body, set_last_uses,
            silent_accounts, silent_accounts_in,
        },
        records::Listed,
    },
};

const SELECT: &str = "SELECT r.id, r.rule, r.created_at, r.checked_at,
         (SELECT COUNT(*) FROM alerts a WHERE a.rule_id = r.id AND a.ended_at IS NULL)
     FROM alert_rules r";

fn read(row: &Row) -> Result<StoredRule> {
    Ok(StoredRule {
        id: row.get(0),
        rule: read_rule(row.get(1))?,
        created_at: row.get(2),
        checked_at: row.get(3),
        holding: row.get(4),
    })
}

fn read_rule(text: &str) -> Result<AlertRule> {
    serde_json::from_str(text)
        .map_err(|cause| Failure::Damaged(format!("a rule of alerts: {cause}")))
}

fn text(rule: &AlertRule) -> String {
    serde_json::to_string(rule).expect("a rule is plain values")
}

/// Lists the rules by name.
pub(super) async fn rules(tx: &Tx<'_>) -> Result<Vec<StoredRule>> {
    let rows = query(tx, &format!("{SELECT} ORDER BY lower(r.name), r.name"), &[]).await?;
    rows.iter().map(read).collect()
}

/// Finds a rule.
pub(super) async fn rule(tx: &Tx<'_>, id: i64) -> Result<Option<StoredRule>> {
    let row = query_opt(tx, &format!("{SELECT} WHERE r.id = $1"), &[&id]).await?;
    row.map(|row| read(&row)).transpose()
}

/// Finds the rules that have not been checked since a time.
pub(super) async fn due_rules(tx: &Tx<'_>, since: i64) -> Result<Vec<i64>> {
    let sql = "SELECT id FROM alert_rules WHERE coalesce(checked_at, $1) <= $1 ORDER BY id";
    let rows = query(tx, sql, &[&since]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Stores a new rule and returns its number.
pub(super) async fn add_rule(
    tx: &Tx<'_>,
    rule: &AlertRule,
    now: i64,
) -> Result<std::result::Result<i64, RuleError>> {
    if let Some(unknown) = unknown_account(tx, rule).await? {
        return Ok(Err(unknown));
    }
    // Two requests that add the last allowed rule must not both count it as free.
    tx.batch_execute("LOCK TABLE alert_rules IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    let count: i64 = query_one(tx, "SELECT COUNT(*) FROM alert_rules", &[])
        .await?
        .get(0);
    if count >= MAX_RULES {
        return Ok(Err(RuleError::TooMany));
    }
    let sql = "INSERT INTO alert_rules (name, rule, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO NOTHING RETURNING id";
    let row = query_opt(tx, sql, &[&rule.name, &text(rule), &now]).await?;
    Ok(row.map(|row| row.get(0)).ok_or(RuleError::NameInUse))
}

/// The refusal of a rule below an unknown account, which would never match.
async fn unknown_account(tx: &Tx<'_>, rule: &AlertRule) -> Result<Option<RuleError>> {
    Ok(match &rule.account_id {
        Some(id) if account_rows::find_no(tx, id).await?.is_none() => {
            Some(RuleError::UnknownAccount(id.clone()))
        }
        Some(_) | None => None,
    })
}

/// Replaces a rule. Returns false when it is unknown.
pub(super) async fn replace_rule(
    tx: &Tx<'_>,
    id: i64,
    rule: &AlertRule,
) -> Result<std::result::Result<bool, RuleError>> {
    if let Some(unknown) = unknown_account(tx, rule).await? {
        return Ok(Err(unknown));
    }
    tx.batch_execute("LOCK TABLE alert_rules IN SHARE ROW EXCLUSIVE MODE")
        .await?;
    let sql = "SELECT EXISTS (SELECT 1 FROM alert_rules WHERE name = $1 AND id <> $2)";
    if query_one(tx, sql, &[&rule.name, &id]).await?.get(0) {
        return Ok(Err(RuleError::NameInUse));
    }
    let sql = "UPDATE alert_rules SET name = $2, rule = $3, checked_at = NULL WHERE id = $1";
    let updated = execute(tx, sql, &[&id, &rule.name, &text(rule)]).await?;
    Ok(Ok(updated > 0))
}

/// Removes a rule with its alerts and messages. Returns false when it is unknown.
pub(super) async fn delete_rule(tx: &Tx<'_>, id: i64) -> Result<bool> {
    Ok(execute(tx, "DELETE FROM alert_rules WHERE id = $1", &[&id]).await? > 0)
}

/// Restricts alerts to accounts, which are given by number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AlertScope {
    /// Only alerts of this account, without its subtree.
    pub(super) account: Option<i64>,
    /// Only alerts of this account and its subtree, which are what the caller may see.
    pub(super) within: Option<i64>,
}

/// Lists alerts, first the active ones and then the latest, and returns their number on all pages.
/// `scope` has the number of the account that the question names.
pub(super) async fn list(
    tx: &Tx<'_>,
    question: &AlertsQuestion,
    scope: AlertScope,
    page: Page,
) -> Result<Listed<Alert>> {
    let wanted = format!(
        "{} AND ($4::bigint IS NULL OR a.account_no = $4)
         AND ($2::bigint IS NULL OR a.rule_id = $2) AND (a.ended_at IS NULL OR NOT $3)",
        is_within("a.account_no")
    );
    let AlertScope { account, within } = scope;
    let (rule, holding) = (question.rule, question.holding);
    let sql = format!("SELECT COUNT(*) FROM alerts a WHERE {wanted}");
    let total = query_one(tx, &sql, &[&within, &rule, &holding, &account])
        .await?
        .get(0);
    let sql = format!(
        "SELECT a.id, a.rule_id, r.name, c.account_id, c.name, u.user_id, a.now, a.before,
             a.began_at, a.ended_at, u.no IS NOT NULL AND {}, r.rule,
             COALESCE(p.name, p.account_id)
         FROM alerts a JOIN alert_rules r ON r.id = a.rule_id JOIN accounts c ON c.no = a.account_no
             LEFT JOIN users u ON u.no = a.user_no
             LEFT JOIN accounts p ON p.no = c.parent_no AND c.no IS DISTINCT FROM $1::bigint
         WHERE {wanted} ORDER BY a.ended_at IS NOT NULL, a.began_at DESC, a.id LIMIT $5 OFFSET $6",
        is_within("u.account_no")
    );
    let (limit, offset) = (page.limit, page.offset());
    let params = [
        &within as _,
        &rule as _,
        &holding as _,
        &account as _,
        &limit as _,
        &offset as _,
    ];
    let rows = query(tx, &sql, &params).await?;
    let read = |row: &Row| -> Result<Alert> {
        Ok(Alert {
            id: row.get(0),
            rule_id: row.get(1),
            rule: row.get(2),
            condition: read_rule(row.get(11))?.condition,
            account_id: row.get(3),
            account_name: row.get(4),
            parent_title: row.get(12),
            user_id: row.get(5),
            is_user_visible: row.get(10),
            now: row.get(6),
            before: row.get(7),
            began_at: row.get(8),
            ended_at: row.get(9),
            last_seen: None,
        })
    };
    let alerts = rows.iter().map(read).collect::<Result<_>>()?;
    Ok((alerts, total))
}

/// Lists alerts like [`list`], with the latest uses of silent accounts.
pub(super) async fn list_with_last_uses(
    tx: &Tx<'_>,
    nodes: &Nodes,
    question: &AlertsQuestion,
    scope: AlertScope,
    page: Page,
) -> Result<Listed<Alert>> {
    let (mut alerts, total) = list(tx, question, scope, page).await?;
    let silent = silent_accounts(&alerts);
    let uses = portfolio::last_uses(tx, nodes, scope.within, &silent).await?;
    set_last_uses(&mut alerts, &uses);
    Ok((alerts, total))
}

/// Finds the receiver.
pub(super) async fn webhook(tx: &Tx<'_>) -> Result<Option<Webhook>> {
    let row = query_opt(tx, "SELECT url, secret, created_at FROM webhook", &[]).await?;
    row.map(|row| {
        let url = WebhookUrl::parse_stored(row.get(0))
            .map_err(|cause| Failure::Damaged(format!("the receiver of alerts: {cause}")))?;
        Ok(Webhook {
            url,
            secret: WebhookSecret::from_bytes(row.get(1)),
            created_at: row.get(2),
        })
    })
    .transpose()
}

/// Sets or replaces the receiver. Waiting messages go to the new one.
pub(super) async fn set_webhook(
    tx: &Tx<'_>,
    url: &WebhookUrl,
    secret: &WebhookSecret,
    now: i64,
) -> Result<()> {
    let sql = "INSERT INTO webhook (id, url, secret, created_at) VALUES (1, $1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET url = excluded.url, secret = excluded.secret,
            created_at = excluded.created_at";
    execute(tx, sql, &[&url.as_str(), &secret.as_bytes(), &now]).await?;
    Ok(())
}

/// Removes the receiver, and the messages that wait for it. Returns false when there is
/// none.
pub(super) async fn remove_webhook(tx: &Tx<'_>) -> Result<bool> {
    let sql = "DELETE FROM alert_messages WHERE next_at IS NOT NULL";
    execute(tx, sql, &[]).await?;
    Ok(execute(tx, "DELETE FROM webhook", &[]).await? > 0)
}

/// Finds a message that is due.
pub(super) async fn due_message(
    tx: &Tx<'_>,
    nodes: &Nodes,
    now: i64,
) -> Result<Option<DueMessage>> {
    let Some(to) = webhook(tx).await? else {
        return Ok(None);
    };
    let sql = "SELECT id, rule_id, attempts FROM alert_messages WHERE next_at <= $1 OR next_at > $2
        ORDER BY next_at LIMIT 1";
    let latest = now.saturating_add(LATEST_MS);
    let Some(row) = query_opt(tx, sql, &[&now, &latest]).await? else {
        return Ok(None);
    };
    let id: String = row.get(0);
    Ok(Some(DueMessage {
        body: body(tx, nodes, &id, row.get(1)).await?,
        id,
        to,
        attempts: u32::try_from(row.get::<_, i64>(2)).unwrap_or(u32::MAX),
    }))
}

async fn body(tx: &Tx<'_>, nodes: &Nodes, id: &str, rule_id: i64) -> Result<Option<String>> {
    let Some(stored) = rule(tx, rule_id).await? else {
        return Ok(None);
    };
    let sql = "SELECT a.id, c.account_id, c.name, u.user_id, a.now, a.before, a.began_at
        FROM alerts a JOIN accounts c ON c.no = a.account_no LEFT JOIN users u ON u.no = a.user_no
        WHERE a.message_id = $1 ORDER BY a.id LIMIT $2";
    let rows = query(tx, sql, &[&id, &(MESSAGE_ALERTS as i64)]).await?;
    let alerts = rows.iter().map(|row| MessageAlert {
        id: row.get(0),
        account_id: row.get(1),
        account_name: row.get(2),
        user_id: row.get(3),
        now: row.get(4),
        before: row.get(5),
        began_at: row.get(6),
        last_seen: None,
    });
    let alerts: Vec<_> = alerts.collect();
    let silent = silent_accounts_in(&stored.rule, &alerts);
    let uses = portfolio::last_uses(tx, nodes, None, &silent).await?;
    Ok(message_body(&stored, alerts, &uses))
}

/// When the next message is due.
pub(super) async fn next_message_at(tx: &Tx<'_>) -> Result<Option<i64>> {
    Ok(
        query_one(tx, "SELECT MIN(next_at) FROM alert_messages", &[])
            .await?
            .get(0),
    )
}

/// Records that a message has arrived, or that it has no alerts left to report.
pub(super) async fn message_delivered(tx: &Tx<'_>, id: &str, now: i64) -> Result<()> {
    let sql = "UPDATE alert_messages SET attempts = attempts + 1, next_at = NULL,
        delivered_at = $2, last_error = NULL WHERE id = $1";
    execute(tx, sql, &[&id, &now]).await?;
    Ok(())
}

/// Records a failed attempt. Returns the time of the next attempt; `None` when it was the last one.
pub(super) async fn message_failed(
    tx: &Tx<'_>,
    message: &DueMessage,
    error: &str,
    now: i64,
) -> Result<Option<i64>> {
    let attempts = message.attempts.saturating_add(1);
    let next = pause_after(attempts).map(|pause| now.saturating_add(pause));
    let sql =
        "UPDATE alert_messages SET attempts = $2, next_at = $3, last_error = $4 WHERE id = $1";
    execute(tx, sql, &[&message.id, &i64::from(attempts), &next, &error]).await?;
    Ok(next)
}

/// The state of message delivery.
pub(super) async fn delivery_state(tx: &Tx<'_>) -> Result<DeliveryState> {
    let sql = "SELECT last_error FROM alert_messages WHERE last_error IS NOT NULL
        ORDER BY created_at DESC LIMIT 1";
    let last_error = query_opt(tx, sql, &[]).await?.map(|row| row.get(0));
    let sql = "SELECT COUNT(next_at), COUNT(delivered_at),
        COUNT(*) - COUNT(next_at) - COUNT(delivered_at) FROM alert_messages";
    let row = query_one(tx, sql, &[]).await?;
    Ok(DeliveryState {
        waiting: row.get(0),
        delivered: row.get(1),
        given_up: row.get(2),
        last_error,
    })
}
