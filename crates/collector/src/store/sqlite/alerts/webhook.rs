//! The receiver of alerts.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::{
    model::webhook::{WebhookSecret, WebhookUrl},
    store::alerts::Webhook,
};

/// Finds the receiver.
///
/// # Errors
/// Fails when SQLite fails.
pub fn find(conn: &Connection) -> rusqlite::Result<Option<Webhook>> {
    conn.prepare_cached("SELECT url, secret, created_at FROM webhook")?
        .query_row([], |row| {
            let url = WebhookUrl::parse_stored(row.get_ref(0)?.as_str()?).map_err(|cause| {
                rusqlite::Error::FromSqlConversionFailure(
                    0,
                    rusqlite::types::Type::Text,
                    cause.into(),
                )
            })?;
            Ok(Webhook {
                url,
                secret: WebhookSecret::from_bytes(row.get(1)?),
                created_at: row.get(2)?,
            })
        })
        .optional()
}

/// Sets or replaces the receiver. Waiting messages go to the new one.
///
/// # Errors
/// Fails when SQLite fails.
pub fn set(
    tx: &Transaction<'_>,
    url: &WebhookUrl,
    secret: &WebhookSecret,
    now: i64,
) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT OR REPLACE INTO webhook (id, url, secret, created_at) VALUES (1, ?1, ?2, ?3)",
        params![url.as_str(), secret.as_bytes(), now],
    )?;
    Ok(())
}

/// Removes the receiver and the messages that wait for it. Returns false when there is none.
///
/// # Errors
/// Fails when SQLite fails.
pub fn remove(tx: &Transaction<'_>) -> rusqlite::Result<bool> {
    tx.execute("DELETE FROM alert_messages WHERE next_at IS NOT NULL", [])?;
    Ok(tx.execute("DELETE FROM webhook", [])? > 0)
}
