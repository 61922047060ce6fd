//! Spreads batches of the inbox over the tables of the database.
//!
//! Which batches were spread is noted in the same transaction, so that a crash neither
//! loses nor repeats one. What cannot be spread by itself is kept in the database.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    batch::{Batch, Waiting},
    file::{InboxFile, InboxId},
};
use crate::store::{
    event_key::IdScope,
    sqlite::{events::BatchWriter, health::is_damage, savepoint},
};

/// Up to which number the batches of an inbox were spread; 0 before the first.
pub(in crate::store::sqlite) fn spread_to(
    conn: &Connection,
    inbox: &InboxId,
) -> rusqlite::Result<i64> {
    let number = conn
        .prepare_cached(
            "SELECT value FROM settings WHERE name = 'inbox_spread_to'
             AND EXISTS (SELECT 1 FROM settings WHERE name = 'inbox_id' AND value = ?1)",
        )?
        .query_row([inbox.as_slice()], |row| row.get(0))
        .optional()?;
    Ok(number.unwrap_or(0))
}

fn record_spread_to(tx: &Transaction<'_>, inbox: &InboxId, number: i64) -> rusqlite::Result<()> {
    let mut set = tx.prepare_cached(
        "INSERT INTO settings (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?;
    set.execute(params!["inbox_id", inbox.as_slice()])?;
    set.execute(params!["inbox_spread_to", number])?;
    Ok(())
}

/// Spreads those of the batches that were not yet. They are all that are in the inbox up to
/// the last of them.
///
/// # Errors
/// When the file cannot be written. Then nothing was changed, once the caller has rolled
/// the transaction back.
pub(super) fn spread<'w>(
    tx: &Transaction<'_>,
    inbox: &InboxId,
    batches: impl Iterator<Item = &'w Waiting>,
) -> rusqlite::Result<()> {
    let done = spread_to(tx, inbox)?;
    // Another process may have spread some of them.
    let new: Vec<_> = batches.filter(|one| one.number > done).collect();
    let Some(last) = new.last() else {
        return Ok(());
    };
    let batches: Vec<&Batch> = new.iter().map(|one| one.batch.as_ref()).collect();
    if !is_spread(tx, &batches)? {
        for batch in batches {
            if !is_spread(tx, &[batch])? {
                tracing::error!("a batch of the inbox cannot be spread, and is kept");
                keep(tx, batch)?;
            }
        }
    }
    record_spread_to(tx, inbox, last.number)
}

/// Spreads batches, or changes nothing where one of them fails by itself.
fn is_spread(tx: &Transaction<'_>, batches: &[&Batch]) -> rusqlite::Result<bool> {
    match savepoint::run(tx, || insert(tx, batches))? {
        Ok(()) => Ok(true),
        Err(cause) if is_damage(&cause) => Err(cause),
        Err(cause) => {
            tracing::warn!(%cause, batches = batches.len(), "the inbox cannot be spread as a whole");
            Ok(false)
        }
    }
}

fn insert(tx: &Transaction<'_>, batches: &[&Batch]) -> rusqlite::Result<()> {
    let mut writer = BatchWriter::new(tx)?;
    writer.record_ids(batches.iter().flat_map(|batch| &batch.events))?;
    for batch in batches {
        writer.add(&batch.events, &batch.source, batch.received_at)?;
    }
    writer.finish()
}

/// Keeps a batch until the file is opened again.
fn keep(tx: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO inbox (source_id, received_at, lines) VALUES (?1, ?2, ?3)",
        params![batch.source.id, batch.received_at, batch.lines],
    )?;
    Ok(())
}

/// Spreads what a database has kept, and what is in the inbox beside it. The caller has
/// just opened them.
///
/// # Errors
/// When the database cannot be written.
pub(in crate::store::sqlite) fn settle(
    conn: &mut Connection,
    inbox: Option<&InboxFile>,
) -> rusqlite::Result<()> {
    let failed = failed_batches(conn)?;
    let waiting = match inbox {
        Some(inbox) => inbox.read_after(spread_to(conn, inbox.id())?)?,
        None => Vec::new(),
    };
    if failed.is_empty() && waiting.is_empty() {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (row, batch) in &failed {
        if is_spread(&tx, &[batch])? {
            tx.execute("DELETE FROM inbox WHERE no = ?1", [row])?;
        }
    }
    if let Some(inbox) = inbox {
        spread(&tx, inbox.id(), waiting.iter())?;
    }
    tx.commit()
}

/// The batches that could not be spread, by their rows.
fn failed_batches(conn: &Connection) -> rusqlite::Result<Vec<(i64, Arc<Batch>)>> {
    let mut statement = conn.prepare(
        "SELECT i.no, i.source_id, i.received_at, i.lines, IFNULL(s.trusted, 0)
         FROM inbox i LEFT JOIN sources s ON s.id = i.source_id ORDER BY i.no",
    )?;
    let mut rows = statement.query([])?;
    let mut failed = Vec::new();
    while let Some(row) = rows.next()? {
        let lines = row.get_ref(3)?.as_blob()?;
        let scope = IdScope::of(row.get(4)?);
        let batch = Batch::read(lines, row.get(1)?, scope, row.get(2)?);
        failed.push((row.get(0)?, Arc::new(batch)));
    }
    Ok(failed)
}
