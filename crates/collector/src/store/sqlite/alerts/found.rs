//! The stored alerts.

use rusqlite::{Connection, Transaction, params};

use super::{rules, webhook};
use crate::{
    model::page::Page,
    store::{
        alerts::{Alert, set_last_uses, silent_accounts},
        records::Listed,
        rule_check::{Changes, Hit, KEPT_MS},
        sqlite::{hierarchy, portfolio, rows::AccountRow},
    },
};

/// Compares the matches of a rule with its active alerts.
///
/// # Errors
/// Fails when SQLite fails.
pub fn changes(conn: &Connection, rule: i64, hits: Vec<Hit>) -> rusqlite::Result<Changes> {
    let mut holding = conn.prepare_cached(
        "SELECT id, account_no, user_no FROM alerts WHERE rule_id = ?1 AND ended_at IS NULL",
    )?;
    let holding = holding
        .query_map([rule], |row| Ok(((row.get(1)?, row.get(2)?), row.get(0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Changes::of(holding, hits))
}

/// Stores alerts that begin, at most as many as fit into a message, and queues a message about them
/// if there is a receiver. Returns their number, which may be smaller: a rule, account or user may
/// no longer exist, and another check may have stored the same alert.
///
/// # Errors
/// Fails when SQLite fails.
pub fn begin(
    tx: &Transaction<'_>,
    rule: i64,
    hits: &[Hit],
    message_id: &str,
    now: i64,
) -> rusqlite::Result<usize> {
    let has_rule: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM alert_rules WHERE id = ?1)",
        [rule],
        |row| row.get(0),
    )?;
    if !has_rule {
        return Ok(0);
    }
    let message = webhook::find(tx)?.map(|_| message_id);
    if let Some(id) = message {
        tx.execute(
            "INSERT INTO alert_messages (id, rule_id, created_at, next_at) VALUES (?1, ?2, ?3, ?3)",
            params![id, rule, now],
        )?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT OR IGNORE INTO alerts
             (rule_id, account_no, user_no, now, before, began_at, message_id)
         SELECT ?1, a.no, ?3, ?4, ?5, ?6, ?7 FROM accounts a
         WHERE a.no = ?2 AND (?3 IS NULL OR EXISTS (SELECT 1 FROM users WHERE no = ?3))",
    )?;
    let mut began = 0;
    for hit in hits {
        began += insert.execute(params![
            rule,
            hit.account,
            hit.user,
            hit.now(),
            hit.before(),
            now,
            message
        ])?;
    }
    if began == 0 {
        tx.execute("DELETE FROM alert_messages WHERE id = ?1", [message])?;
    }
    Ok(began)
}

/// Marks alerts as ended.
///
/// # Errors
/// Fails when SQLite fails.
pub fn end(tx: &Transaction<'_>, alerts: &[i64], now: i64) -> rusqlite::Result<()> {
    let mut update =
        tx.prepare_cached("UPDATE alerts SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL")?;
    for alert in alerts {
        update.execute([*alert, now])?;
    }
    Ok(())
}

/// Deletes alerts that ended long ago, and old messages that were delivered or given up.
///
/// # Errors
/// Fails when SQLite fails.
pub fn forget_old(tx: &Transaction<'_>, now: i64) -> rusqlite::Result<()> {
    let before = now.saturating_sub(KEPT_MS);
    tx.execute(
        "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE ended_at < ?1 LIMIT 1000)",
        [before],
    )?;
    tx.execute(
        "DELETE FROM alert_messages WHERE next_at IS NULL AND created_at < ?1",
        [before],
    )?;
    Ok(())
}

/// Selects alerts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertFilter {
    /// Only alerts of this account, without its subtree.
    pub account: Option<AccountRow>,
    /// Only alerts of this account and its subtree, which are what the caller may see.
    pub within: Option<AccountRow>,
    /// Only alerts of this rule.
    pub rule: Option<i64>,
    /// Only active alerts.
    pub holding: bool,
}

/// Lists alerts, first the active ones and then the latest, and returns their number on all pages.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list(
    conn: &Connection,
    filter: &AlertFilter,
    page: Page,
) -> rusqlite::Result<(Vec<Alert>, i64)> {
    let mut statement = conn.prepare_cached(
        "SELECT a.id, a.rule_id, r.name, c.account_id, c.name, u.user_id, a.now, a.before,
             a.began_at, a.ended_at, a.account_no, u.account_no, r.rule,
             COALESCE(p.name, p.account_id)
         FROM alerts a JOIN alert_rules r ON r.id = a.rule_id JOIN accounts c ON c.no = a.account_no
             LEFT JOIN users u ON u.no = a.user_no
             LEFT JOIN accounts p ON p.no = c.parent_no AND c.no IS NOT ?4
         WHERE (?1 IS NULL OR a.account_no = ?1) AND (?2 IS NULL OR a.rule_id = ?2)
             AND (a.ended_at IS NULL OR NOT ?3)
         ORDER BY a.ended_at IS NOT NULL, a.began_at DESC, a.id",
    )?;
    let mut rows = statement.query(params![
        filter.account,
        filter.rule,
        filter.holding,
        filter.within
    ])?;
    let first = page.limit.saturating_mul(page.number - 1);
    let mut listed = Vec::new();
    let mut total = 0;
    while let Some(row) = rows.next()? {
        if let Some(root) = filter.within
            && !hierarchy::is_within(conn, row.get(10)?, root)?
        {
            continue;
        }
        if total >= first && (listed.len() as i64) < page.limit {
            let is_user_visible = match (filter.within, row.get(11)?) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(root), Some(home)) => hierarchy::is_within(conn, home, root)?,
            };
            listed.push(Alert {
                id: row.get(0)?,
                rule_id: row.get(1)?,
                rule: row.get(2)?,
                condition: rules::read_rule(row, 12)?.condition,
                account_id: row.get(3)?,
                account_name: row.get(4)?,
                parent_title: row.get(13)?,
                user_id: row.get(5)?,
                is_user_visible,
                now: row.get(6)?,
                before: row.get(7)?,
                began_at: row.get(8)?,
                ended_at: row.get(9)?,
                last_seen: None,
            });
        }
        total += 1;
    }
    Ok((listed, total))
}

/// Lists alerts like [`list`], with the latest uses of silent accounts.
///
/// # Errors
/// Fails when SQLite fails.
pub fn list_with_last_uses(
    conn: &Connection,
    filter: &AlertFilter,
    page: Page,
) -> rusqlite::Result<Listed<Alert>> {
    let (mut alerts, total) = list(conn, filter, page)?;
    let uses = portfolio::last_uses(conn, filter.within, &silent_accounts(&alerts))?;
    set_last_uses(&mut alerts, &uses);
    Ok((alerts, total))
}
