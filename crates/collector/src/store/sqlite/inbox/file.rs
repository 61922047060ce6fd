//! The file beside the database that holds the batches of the inbox.
//!
//! It is a separate database with a separate write-ahead log, so that a batch can be flushed to it
//! while the main database is being written.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, TransactionBehavior, params};

use super::batch::{Batch, NumberedBatch};
use crate::store::{
    error::StoreError,
    event_key::IdScope,
    sqlite::{
        connection::BUSY_TIMEOUT, database_path::DatabasePath, file_check::open_read_only,
        free_pages, health::is_damage, short_transaction::ShortTransaction,
    },
};

/// Identifies an inbox file.
pub(in crate::store::sqlite) type InboxId = [u8; 16];

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS inbox (
    no          INTEGER PRIMARY KEY,       -- order of arrival
    source_id   INTEGER NOT NULL,
    is_trusted  INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    lines       BLOB    NOT NULL           -- as the client sent them
) STRICT;
CREATE TABLE IF NOT EXISTS identity (id BLOB NOT NULL) STRICT;
INSERT INTO identity SELECT randomblob(16) WHERE NOT EXISTS (SELECT 1 FROM identity);
";

/// The number of pages in the write-ahead log at which they are written back and the log is reused.
/// A flush is faster if the file does not grow.
const CHECKPOINT: i64 = 1000;
/// The size of the page cache, in KiB. It holds the log and all batches that wait, so that none of
/// their pages is read again when they are removed.
const CACHE_KIB: i64 = 16 * 1024;

/// The open file of an inbox.
#[derive(Debug)]
pub struct InboxFile {
    conn: Connection,
    id: InboxId,
}

impl InboxFile {
    /// Opens the file beside a database, and creates it if it does not exist. A damaged file is
    /// kept under another name.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(in crate::store::sqlite) fn open(db: &DatabasePath) -> rusqlite::Result<Self> {
        let path = db.beside("-inbox");
        match Self::open_at(&path) {
            Err(cause) if is_damage(&cause) => {
                let kept = db.beside("-inbox-damaged");
                tracing::error!(%cause, kept = %kept.display(), "the inbox is damaged; a new one is made");
                for (from, suffix) in db.inbox_files().iter().zip(["", "-wal", "-shm"]) {
                    let _ = std::fs::rename(from, db.beside(&format!("-inbox-damaged{suffix}")));
                }
                Self::open_at(&path)
            }
            opened => opened,
        }
    }

    /// Opens the file beside a database if it exists, for a command. A damaged file stays where it
    /// is, since a running collector may use it.
    ///
    /// # Errors
    /// Fails when the file is damaged, or SQLite fails.
    pub(in crate::store::sqlite) fn open_existing(
        db: &DatabasePath,
    ) -> Result<Option<Self>, StoreError> {
        let path = db.beside("-inbox");
        if !path.exists() {
            return Ok(None);
        }
        let opened = Self::open_at(&path).map_err(|cause| {
            if is_damage(&cause) {
                StoreError::DamagedInbox {
                    path: path.display().to_string(),
                    cause: cause.to_string(),
                }
            } else {
                cause.into()
            }
        })?;
        Ok(Some(opened))
    }

    /// Opens the file beside a backup read-only, if it exists.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(in crate::store::sqlite) fn open_of_backup(
        db: &DatabasePath,
    ) -> rusqlite::Result<Option<Self>> {
        let path = db.beside("-inbox");
        if !path.exists() {
            return Ok(None);
        }
        let conn = open_read_only(&path)?;
        let id = conn.query_row("SELECT id FROM identity", [], |row| row.get(0))?;
        Ok(Some(InboxFile { conn, id }))
    }

    fn open_at(path: &Path) -> rusqlite::Result<Self> {
        let mut conn = Connection::open(path)?;
        conn.busy_timeout(BUSY_TIMEOUT)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        // A response promises that a power cut loses nothing.
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
        // A negative size is in KiB instead of pages.
        conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(TABLES)?;
        let id = tx.query_row("SELECT id FROM identity", [], |row| row.get(0))?;
        tx.commit()?;
        Ok(InboxFile { conn, id })
    }

    /// Makes statements fail immediately, rather than wait, while another process holds the lock.
    pub(super) fn wait_for_nobody(&self) -> rusqlite::Result<()> {
        self.conn.busy_timeout(Duration::ZERO)
    }

    pub(in crate::store::sqlite) fn id(&self) -> &InboxId {
        &self.id
    }

    /// A number that changes with each commit of another connection.
    pub(super) fn version(&self) -> rusqlite::Result<i64> {
        self.conn
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))
    }

    /// Reads the batches after a number, in the order of arrival.
    pub(super) fn read_after(&self, number: i64) -> rusqlite::Result<Vec<NumberedBatch>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT no, source_id, is_trusted, received_at, lines FROM inbox WHERE no > ?1
             ORDER BY no",
        )?;
        let mut rows = statement.query([number])?;
        let mut waiting = Vec::new();
        while let Some(row) = rows.next()? {
            let scope = IdScope::of(row.get(2)?);
            let lines = row.get_ref(4)?.as_blob()?;
            waiting.push(NumberedBatch {
                number: row.get(0)?,
                batch: Arc::new(Batch::read(lines, row.get(1)?, scope, row.get(3)?)),
            });
        }
        Ok(waiting)
    }

    /// Takes the write lock, which everybody needs to add a batch. It is held until the transaction
    /// ends.
    ///
    /// # Errors
    /// Fails when another process holds it, or when SQLite fails.
    pub(in crate::store::sqlite) fn lock(&self) -> rusqlite::Result<ShortTransaction<'_>> {
        ShortTransaction::to_write(&self.conn)
    }

    /// Removes the batches up to a number, and overwrites what they left in the file and its log.
    /// Returns false while somebody reads from the file.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(in crate::store::sqlite) fn shred(&self, number: i64) -> rusqlite::Result<bool> {
        let tx = self.lock()?;
        delete(&tx, number)?;
        tx.commit()?;
        self.conn.execute_batch("VACUUM")?;
        free_pages::truncate_log(&self.conn)
    }
}

/// Adds a batch.
pub(super) fn insert(
    tx: &ShortTransaction<'_>,
    number: i64,
    batch: &Batch,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO inbox (no, source_id, is_trusted, received_at, lines)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        number,
        batch.source.id,
        batch.source.trusted,
        batch.received_at,
        batch.lines
    ])?;
    Ok(())
}

/// Removes the batches up to a number.
pub(super) fn delete(tx: &ShortTransaction<'_>, number: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM inbox WHERE no <= ?1")?
        .execute([number])?;
    Ok(())
}
