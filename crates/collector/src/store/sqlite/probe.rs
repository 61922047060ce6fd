//! Checks whether batches can be stored.

use natero_event::received::ReceivedEvent;
use rusqlite::{Transaction, params};
use serde_json::json;

use super::{event_months, events};
use crate::{
    model::{keys::SourceId, stream_record::MAX_MISSING},
    store::{event_key::IdScope, keys::Source, new_event::NewEvent},
};

/// Stores a batch as clients send them, with a new source, account, user, session and stream, and
/// rolls all of it back. It uses every table and index that a batch uses, so that it fails if they
/// are damaged.
///
/// # Errors
/// Fails when SQLite fails.
pub fn probe_insert(tx: &Transaction<'_>, now: i64) -> rusqlite::Result<()> {
    tx.execute_batch("SAVEPOINT probe")?;
    let inserted = insert_batch(tx, now);
    tx.execute_batch("ROLLBACK TO probe; RELEASE probe")?;
    inserted
}

fn insert_batch(tx: &Transaction<'_>, now: i64) -> rusqlite::Result<()> {
    // With random names, it uses a different position in the indexes each time.
    let name: String = tx.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?;
    tx.execute(
        "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
         VALUES (?1, ?1, '', 0, '[]', ?2)",
        params![name.as_bytes(), now],
    )?;
    let source = Source {
        id: SourceId::last_inserted(tx)?,
        trusted: false,
        allow_hierarchy: false,
        origins: Vec::new(),
        created_at: now,
    };
    // Also use the newest table of events, which may be the one of a later month.
    let newest = event_months::all(tx)?
        .last()
        .map_or(now, |month| month.start_ms());
    let event = |seq: u32, account: &str, created_at: i64| {
        let event = json!({
            "account_id": account, "user_id": name, "session_id": name, "created_at": created_at,
            "action": "feature", "feature": name, "stream_id": name, "seq": seq,
        });
        let event = ReceivedEvent::read(event.to_string().as_bytes(), now).ok()?;
        Some(NewEvent::new(
            1,
            format!("{name}/{seq}").into(),
            IdScope::of(source.trusted),
            event,
        ))
    };
    // The second event is set aside, because its user belongs to another account. The gap before
    // the last event makes the stream implausible.
    let batch: Vec<_> = [
        event(0, &name, now),
        event(1, "probe", newest),
        event(2, &name, newest),
        event(2 * MAX_MISSING, &name, now),
    ]
    .into_iter()
    .flatten()
    .collect();
    events::insert_batch(tx, &batch, &[], &source, now)?;
    Ok(())
}

/// Writes as much as a large batch does, to check whether commits succeed: a few bytes would fit
/// even on a full disk.
///
/// # Errors
/// Fails when SQLite fails.
pub fn probe_commit(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO settings (name, value) VALUES ('touched', randomblob(524288))
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [],
    )?;
    Ok(())
}
