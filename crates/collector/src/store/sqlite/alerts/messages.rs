//! The queue of messages to the receiver of alerts.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{rules, webhook};
use crate::{
    model::webhook::{LATEST_MS, pause_after},
    store::{
        alerts::{
            DeliveryState, DueMessage, MESSAGE_ALERTS, MessageAlert, message_body,
            silent_accounts_in,
        },
        sqlite::portfolio,
    },
};

/// Finds a message that is due.
///
/// # Errors
/// Fails when SQLite fails.
pub fn next_due(conn: &Connection, now: i64) -> rusqlite::Result<Option<DueMessage>> {
    let Some(to) = webhook::find(conn)? else {
        return Ok(None);
    };
    let found: Option<(String, i64, u32)> = conn
        .prepare_cached(
            "SELECT id, rule_id, attempts FROM alert_messages WHERE next_at <= ?1 OR next_at > ?2
             ORDER BY next_at LIMIT 1",
        )?
        .query_row([now, now.saturating_add(LATEST_MS)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((id, rule, attempts)) = found else {
        return Ok(None);
    };
    Ok(Some(DueMessage {
        body: body(conn, &id, rule)?,
        id,
        to,
        attempts,
    }))
}

fn body(conn: &Connection, id: &str, rule: i64) -> rusqlite::Result<Option<String>> {
    let Some(stored) = rules::find(conn, rule)? else {
        return Ok(None);
    };
    let alerts: Vec<MessageAlert> = conn
        .prepare_cached(
            "SELECT a.id, c.account_id, c.name, u.user_id, a.now, a.before, a.began_at
             FROM alerts a JOIN accounts c ON c.no = a.account_no
                 LEFT JOIN users u ON u.no = a.user_no
             WHERE a.message_id = ?1 ORDER BY a.id LIMIT ?2",
        )?
        .query_map(params![id, MESSAGE_ALERTS as i64], |row| {
            Ok(MessageAlert {
                id: row.get(0)?,
                account_id: row.get(1)?,
                account_name: row.get(2)?,
                user_id: row.get(3)?,
                now: row.get(4)?,
                before: row.get(5)?,
                began_at: row.get(6)?,
                last_seen: None,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let silent = silent_accounts_in(&stored.rule, &alerts);
    let uses = portfolio::last_uses(conn, None, &silent)?;
    Ok(message_body(&stored, alerts, &uses))
}

/// Records that a message has arrived, or that it has no alerts left to report.
///
/// # Errors
/// Fails when SQLite fails.
pub fn set_delivered(tx: &Transaction<'_>, id: &str, now: i64) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE alert_messages SET attempts = attempts + 1, next_at = NULL, delivered_at = ?2,
             last_error = NULL WHERE id = ?1",
        params![id, now],
    )?;
    Ok(())
}

/// Records a failed attempt. Returns the time of the next attempt; `None` when it was the last one.
///
/// # Errors
/// Fails when SQLite fails.
pub fn set_failed(
    tx: &Transaction<'_>,
    message: &DueMessage,
    error: &str,
    now: i64,
) -> rusqlite::Result<Option<i64>> {
    let attempts = message.attempts.saturating_add(1);
    let next = pause_after(attempts).map(|pause| now.saturating_add(pause));
    tx.execute(
        "UPDATE alert_messages SET attempts = ?2, next_at = ?3, last_error = ?4 WHERE id = ?1",
        params![message.id, attempts, next, error],
    )?;
    Ok(next)
}

/// When the next message is due.
///
/// # Errors
/// Fails when SQLite fails.
pub fn next_at(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT MIN(next_at) FROM alert_messages WHERE next_at IS NOT NULL")?
        .query_row([], |row| row.get(0))
}

/// The state of message delivery.
///
/// # Errors
/// Fails when SQLite fails.
pub fn delivery_state(conn: &Connection) -> rusqlite::Result<DeliveryState> {
    let last_error = conn
        .prepare_cached(
            "SELECT last_error FROM alert_messages WHERE last_error IS NOT NULL
             ORDER BY created_at DESC LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    conn.prepare_cached(
        "SELECT COUNT(next_at), COUNT(delivered_at),
             COUNT(*) - COUNT(next_at) - COUNT(delivered_at)
         FROM alert_messages",
    )?
    .query_row([], |row| {
        Ok(DeliveryState {
            waiting: row.get(0)?,
            delivered: row.get(1)?,
            given_up: row.get(2)?,
            last_error,
        })
    })
}
