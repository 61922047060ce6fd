//! How long events are kept. Facts stay for ever.

use std::{sync::Arc, time::Duration};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Store, usage::HOUR_MS};
use crate::app::now_ms;

/// The hour, since the Unix epoch, from which on all events are still there.
///
/// # Errors
/// Those of SQLite.
pub fn events_from(conn: &Connection) -> rusqlite::Result<u32> {
    let hour = conn
        .prepare_cached("SELECT value FROM settings WHERE name = 'events_from_hour'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(hour.unwrap_or(0))
}

/// Events that go in one transaction: a few ms for which batches wait.
const STEP: i64 = 2000;

/// Drops some events from before an hour, and tells how many. Before the first
/// goes, questions are told to do without any of them.
///
/// # Errors
/// Those of SQLite.
pub fn prune(tx: &Transaction<'_>, before_hour: u32) -> rusqlite::Result<usize> {
    if before_hour > events_from(tx)? {
        tx.execute(
            "INSERT INTO settings (name, value) VALUES ('events_from_hour', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [before_hour],
        )?;
    }
    tx.prepare_cached(
        "DELETE FROM events WHERE id IN (
             SELECT id FROM events WHERE created_at < ?1 LIMIT ?2)",
    )?
    .execute(params![i64::from(before_hour) * HOUR_MS, STEP])
}

/// How often it is looked for events that are too old.
const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Drops events once they are older than `keep`, for as long as it runs.
pub async fn prune_for_ever(store: Arc<Store>, keep: Duration) {
    loop {
        let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let before = now_ms().saturating_sub(keep_ms).max(0) / HOUR_MS;
        let before = u32::try_from(before).unwrap_or(0);
        let mut dropped = 0;
        loop {
            match store.write(move |tx| prune(tx, before)).await {
                Ok(0) => break,
                Ok(count) => dropped += count,
                Err(cause) => {
                    tracing::warn!(%cause, "old events stay for now");
                    break;
                }
            }
        }
        if dropped > 0 {
            tracing::info!(dropped, "events older than --keep-raw are gone");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
