//! Reads all data of a file, to migrate it into another store.

mod events;
mod figures;
mod handing;
mod nul;
mod rows;

use std::path::Path;

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::{database::SqliteStore, database_path::DatabasePath, facts::QUARTER_MS, retention};
use crate::store::{
    error::StoreError,
    migration::{ENTITIES, KEYS, MigrationError, Part, Position, Row, Table},
};
pub use handing::Take;
use handing::failed;

/// A file that is locked for a migration.
#[derive(Debug)]
pub struct SqliteSource {
    conn: Connection,
    /// Maximum number of rows that are read at a time.
    most: usize,
}

/// Deletes the events that retention has begun to delete. Their figures remain.
fn finish_retention(conn: &mut Connection) -> rusqlite::Result<()> {
    let events_from = retention::events_from(conn)?;
    if events_from == 0 {
        return Ok(());
    }
    loop {
        let tx = conn.transaction()?;
        let pruned = retention::prune(&tx, events_from)?;
        tx.commit()?;
        if pruned.is_done {
            return Ok(());
        }
    }
}

impl SqliteSource {
    /// Opens a file and locks it exclusively. Waiting batches are moved from its inbox to the
    /// tables, and a deletion of old events that has begun is finished. NUL, which an earlier
    /// version stored, becomes `␀`. `most` rows are read at a time.
    ///
    /// # Errors
    /// Fails when the file does not exist, is not a database of a collector, or is open elsewhere.
    pub fn open(path: &Path, most: usize) -> Result<Self, MigrationError> {
        let no_source = |cause| MigrationError::NoSource {
            path: path.display().to_string(),
            cause,
        };
        // Finishes a restore that was cut off. An error is returned below, where the file is opened.
        let _ = DatabasePath::resolve(path);
        // SQLite would turn an empty file into a database.
        match std::fs::metadata(path).map(|file| file.len()) {
            Err(_) => return Err(no_source("is not there")),
            Ok(0) => return Err(no_source("is empty")),
            Ok(_) => {}
        }
        let (mut conn, inbox) = match SqliteStore::open_with_inbox(path) {
            Err(StoreError::Foreign(_)) => {
                return Err(no_source("is no database of a collector"));
            }
            opened => opened?,
        };
        drop(inbox);
        // An exclusive lock cannot be taken while the file is open elsewhere, and refuses others
        // from then on.
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")
            .map_err(failed)?;
        if conn.execute_batch("BEGIN IMMEDIATE; COMMIT").is_err() {
            return Err(MigrationError::InUse(path.display().to_string()));
        }
        finish_retention(&mut conn).map_err(failed)?;
        nul::replace(&mut conn).map_err(failed)?;
        Ok(SqliteSource { conn, most })
    }

    /// A fingerprint of the contents of the file. Of the events, it only covers the number and the
    /// last one of each month.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub fn fingerprint(&self) -> Result<[u8; 32], MigrationError> {
        let mut hash = Sha256::new();
        for table in ENTITIES.iter().chain(&KEYS) {
            hash.update(table.name);
            rows::of_table(&self.conn, table, self.most, &mut |rows| {
                rows.iter()
                    .flatten()
                    .for_each(|cell| cell.add_to(&mut hash));
                Ok(())
            })?;
        }
        hash.update(events::content(&self.conn).map_err(failed)?);
        hash.update(figures::content(&self.conn).map_err(failed)?);
        Ok(hash.finalize().into())
    }

    /// The time from which on all events are still stored, in ms since the Unix epoch; 0 if none
    /// was deleted.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub fn events_from(&self) -> Result<i64, MigrationError> {
        let quarter = retention::events_from(&self.conn).map_err(failed)?;
        Ok(i64::from(quarter) * QUARTER_MS)
    }

    /// All rows of a small table.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub fn rows(&self, table: &Table) -> Result<Vec<Row>, MigrationError> {
        let mut all = Vec::new();
        rows::of_table(&self.conn, table, self.most, &mut |rows| {
            all.extend(rows);
            Ok(())
        })?;
        Ok(all)
    }

    /// Sends all rows of some tables, and then the end of the stream. It blocks while the receiver
    /// is slow, and stops when the receiver is dropped.
    pub fn send(&self, tables: &'static [Table], to: &mpsc::Sender<Result<Part, MigrationError>>) {
        let send = |part| {
            to.blocking_send(Ok(part))
                .map_err(|_| MigrationError::Broken)
        };
        let sent = tables.iter().try_for_each(|table| {
            rows::of_table(&self.conn, table, self.most, &mut |rows| {
                send(Part::Rows(table, rows))
            })
        });
        // Sending fails only if the receiver was dropped, so nobody needs the error.
        let _ = match sent {
            Ok(()) => to.blocking_send(Ok(Part::End)),
            Err(cause) => to.blocking_send(Err(cause)),
        };
    }

    /// Number of events that all figures sum up. If the figures of a file are correct, this is also
    /// the number of rows of figures and events to migrate.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub fn events(&self) -> Result<i64, MigrationError> {
        figures::events(&self.conn).map_err(failed)
    }

    /// Passes the figures whose events were deleted, and then the stored events, to `take`,
    /// starting at a position.
    ///
    /// # Errors
    /// Fails when SQLite or `take` fails.
    pub fn read_from(&self, from: Position, take: &mut Take<'_>) -> Result<(), MigrationError> {
        if from.month == 0 && from.event == 0 {
            figures::read(&self.conn, from.figures, self.most, take)?;
        }
        events::read(&self.conn, from, self.most, take)
    }
}
