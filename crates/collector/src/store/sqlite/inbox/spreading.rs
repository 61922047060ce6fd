//! Moves batches from the inbox to the tables of the database: it *spreads* them.
//!
//! The same transaction records which batches were spread, so that a crash neither loses nor
//! repeats one. A batch that fails on its own is kept in a table of the database.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    batch::{Batch, NumberedBatch},
    file::{InboxFile, InboxId},
};
use crate::store::{
    event_key::IdScope,
    sqlite::{events::BatchWriter, health::is_damage, savepoint},
};

/// The number of the last batch of an inbox that was spread; 0 before the first.
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

/// Spreads the batches that were not spread yet. `batches` must contain every batch of the inbox up
/// to the last one given.
///
/// # Errors
/// Fails when the file cannot be written. The caller must then roll the transaction back.
pub(super) fn spread<'w>(
    tx: &Transaction<'_>,
    inbox: &InboxId,
    batches: impl Iterator<Item = &'w NumberedBatch>,
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

/// Spreads batches. If one of them fails on its own, nothing is changed and false is returned.
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

/// Keeps a failed batch until the file is opened again.
fn keep(tx: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO inbox (source_id, received_at, lines) VALUES (?1, ?2, ?3)",
        params![batch.source.id, batch.received_at, batch.lines],
    )?;
    Ok(())
}

/// Spreads the failed batches that a database kept, and the inbox beside it. Called when both have
/// just been opened.
///
/// # Errors
/// When the database cannot be written.
pub(in crate::store::sqlite) fn spread_leftovers(
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
