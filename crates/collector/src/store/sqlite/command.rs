//! Access to the file for a command that does its work and exits: one connection, and no threads.

use std::{io::Write, path::Path};

use rusqlite::{Connection, TransactionBehavior};

use super::{
    account_rows, connection,
    current_keys::{self, ChangedKeys, CurrentKeys},
    database::SqliteStore,
    database_path::{DatabasePath, open_error},
    erasure,
    erasure_list::{self, Entry},
    export, file_check,
    free_pages::{self, Step},
    inbox::{self, InboxFile},
    keys, loss, rebuild,
};
use crate::{
    clock::now_ms,
    model::{
        erasure::Erasure,
        keys::{NewSource, SourceKeys},
        usage::Span,
    },
    store::{
        error::StoreError,
        export::{EventFilter, ExportError, Format},
        keys::ListedKey,
        loss::LossReport,
        removal::Erased,
    },
};

/// An open file.
#[derive(Debug)]
pub struct CommandFile {
    conn: Connection,
    inbox: Option<InboxFile>,
}

/// What holds for a file whichever backup replaces it. The default is that of a file that does not
/// exist.
#[derive(Debug, Clone, Default)]
pub struct Lasting {
    erasures: Vec<Entry>,
    keys: CurrentKeys,
}

/// What has changed in a restored backup.
#[derive(Debug, Clone, Copy)]
pub struct Applied {
    /// What was erased.
    pub erased: Erased,
    /// The keys that were revoked and added.
    pub keys: ChangedKeys,
}

/// A file that nobody else can open until this is dropped. It is complete without its log and its
/// inbox.
#[derive(Debug)]
pub struct ExclusiveFile {
    /// What holds for the backup that replaces the file.
    pub lasting: Lasting,
    _conn: Connection,
}

/// The error of a failed statement. A command shows SQLite's message, whatever it is.
fn failed(cause: rusqlite::Error) -> StoreError {
    StoreError::Failed(cause.to_string())
}

/// Prints a warning. Unlike `eprintln!`, it does not panic when nobody can read it.
fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Overwrites the free pages of the file and empties its log, in steps between the commits of a
/// running collector.
fn overwrite_free_pages(conn: &mut Connection) -> rusqlite::Result<()> {
    let mut step = free_pages::begin(conn)?;
    while step != Step::Done {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step = free_pages::run(&tx, step)?;
        tx.commit()?;
    }
    if !free_pages::truncate_log(conn)? {
        warn(
            "a long question of the collector keeps what was erased in the write-ahead log for a while",
        );
    }
    Ok(())
}

/// Removes what batches have left in the inbox that were moved to the tables.
fn shred(conn: &Connection, inbox: Option<&InboxFile>) -> rusqlite::Result<()> {
    if let Some(inbox) = inbox
        && !inbox.shred(inbox::spread_to(conn, inbox.id())?)?
    {
        warn("the collector keeps what was erased in the inbox for a while");
    }
    Ok(())
}

impl CommandFile {
    /// Opens an existing file.
    ///
    /// # Errors
    /// Fails when the file does not exist, is not a database of a collector, cannot be opened, or
    /// was written by a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        // This comes first because it finishes a restore that was cut off.
        let resolved = DatabasePath::resolve(path);
        if !path
            .try_exists()
            .map_err(|cause| open_error(path, &cause))?
        {
            return Err(StoreError::Missing(path.display().to_string()));
        }
        resolved?;
        if std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
            return Err(StoreError::Foreign(path.display().to_string()));
        }
        Self::open_or_create(path)
    }

    /// Opens a file, creating it if it does not exist.
    ///
    /// # Errors
    /// Fails when the file is not a database of a collector, cannot be opened, or was written by a
    /// newer version.
    pub fn open_or_create(path: &Path) -> Result<Self, StoreError> {
        let (conn, inbox) = SqliteStore::open_with_inbox(path)?;
        Ok(CommandFile { conn, inbox })
    }

    /// Checks that a backup is complete, copies it to a new file, and opens the copy. The backup is
    /// only read.
    ///
    /// # Errors
    /// Fails when the backup is not a complete one of a collector, or the new file cannot be
    /// written.
    pub fn from_backup(backup: &Path, to: &Path) -> Result<Self, StoreError> {
        let backup = file_check::find_backup(backup)?;
        let whole = file_check::open_backup(&backup)?;
        connection::copy(&whole, to).map_err(failed)?;
        let mut copy = Self::open(to)?;
        // A copy of the files of a collector that was not shut down has batches in the inbox.
        if let Some(inbox) = InboxFile::open_of_backup(&backup).map_err(failed)? {
            inbox::spread_leftovers(&mut copy.conn, Some(&inbox)).map_err(failed)?;
        }
        Ok(copy)
    }

    /// Stores a new source and returns its id.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn insert_source(
        &mut self,
        keys: &SourceKeys,
        new: &NewSource,
        now: i64,
    ) -> Result<String, StoreError> {
        keys::insert_source(&mut self.conn, keys, new, now).map_err(failed)
    }

    /// Stores a new account key and returns its id.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn insert_account_key(
        &mut self,
        key: &str,
        name: &str,
        now: i64,
    ) -> Result<String, StoreError> {
        keys::insert_account_key(&mut self.conn, key, name, now).map_err(failed)
    }

    /// Stores a new viewer key and returns its id. The key gives access to the account with the id
    /// `within` and its subtree.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn insert_viewer_key(
        &mut self,
        key: &str,
        name: &str,
        within: Option<&str>,
        now: i64,
    ) -> Result<String, StoreError> {
        keys::insert_viewer_key(&mut self.conn, key, name, within, now).map_err(failed)
    }

    /// Lists all keys, including the revoked ones.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn keys(&self) -> Result<Vec<ListedKey>, StoreError> {
        keys::list(&self.conn).map_err(failed)
    }

    /// Revokes a key by its id. Returns false when no active key has the id.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn revoke_key(&mut self, id: &str, now: i64) -> Result<bool, StoreError> {
        keys::revoke(&mut self.conn, id, now).map_err(failed)
    }

    /// Whether an account is known.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn has_account(&self, account_id: &str) -> Result<bool, StoreError> {
        let found = account_rows::find_row(&self.conn, account_id).map_err(failed)?;
        Ok(found.is_some())
    }

    /// Erases something. Returns what was removed; `None` when it is unknown.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn erase(&mut self, erasure: &Erasure) -> Result<Option<Erased>, StoreError> {
        let CommandFile { conn, inbox } = self;
        let inbox = inbox.as_ref();
        let mut erase = || {
            // A running collector adds nothing to the inbox until this is committed.
            let lock = inbox.map(InboxFile::lock).transpose()?;
            inbox::spread_leftovers(conn, inbox)?;
            let found = erasure::find_events(conn, erasure)?;
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let erased = erasure::erase(&tx, erasure, &found, now_ms())?;
            tx.commit()?;
            drop(lock);
            if erased.is_some() {
                overwrite_free_pages(conn)?;
                shred(conn, inbox)?;
            }
            Ok(erased)
        };
        erase().map_err(failed)
    }

    /// Closes the file to all others; `None` when it is open elsewhere.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn close_to_others(self) -> Result<Option<ExclusiveFile>, StoreError> {
        // An exclusive lock cannot be taken while the file is open elsewhere.
        self.conn
            .pragma_update(None, "locking_mode", "EXCLUSIVE")
            .map_err(failed)?;
        if self.conn.execute_batch("BEGIN IMMEDIATE; COMMIT").is_err() {
            return Ok(None);
        }
        let lasting = Lasting {
            erasures: erasure_list::entries(&self.conn).map_err(failed)?,
            keys: current_keys::read(&self.conn).map_err(failed)?,
        };
        // The file is kept under another name, so it must be complete without its log.
        self.conn
            .pragma_update(None, "wal_checkpoint", "TRUNCATE")
            .map_err(failed)?;
        Ok(Some(ExclusiveFile {
            lasting,
            _conn: self.conn,
        }))
    }

    /// Erases from a restored backup what was erased from the file that it replaces, gives it the
    /// keys of that file, and ends the sessions of the dashboard. Afterwards the file has no log
    /// beside it, so it can be renamed.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn apply(mut self, lasting: &Lasting) -> Result<Applied, StoreError> {
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let erased = erasure::apply(&tx, &lasting.erasures).map_err(failed)?;
        let keys = current_keys::carry_over(&tx, &lasting.keys).map_err(failed)?;
        tx.commit().map_err(failed)?;
        overwrite_free_pages(&mut self.conn).map_err(failed)?;
        self.conn
            .pragma_update(None, "journal_mode", "DELETE")
            .map_err(failed)?;
        Ok(Applied { erased, keys })
    }

    /// Copies the file to a new one while it is in use.
    ///
    /// # Errors
    /// Fails when the file cannot be read or the new one cannot be written or already exists.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        connection::backup(&self.conn, to).map_err(failed)
    }

    /// Writes all events that pass the filter, in the order of their arrival, and returns their
    /// number.
    ///
    /// # Errors
    /// Fails when the file cannot be read or `out` cannot be written.
    pub fn export(
        &self,
        filter: &EventFilter,
        format: Format,
        out: impl Write,
    ) -> Result<u64, ExportError> {
        export::export(&self.conn, filter, format, out)
    }

    /// Recomputes all figures, if necessary while a collector is running. With `repair`, figures
    /// that differ are corrected.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn rebuild(&mut self, repair: bool) -> Result<rebuild::RebuildReport, StoreError> {
        rebuild::rebuild_in_background(&mut self.conn, repair).map_err(failed)
    }

    /// Reports the events that were lost.
    ///
    /// # Errors
    /// Fails when the file cannot be read or written.
    pub fn loss(&self, span: Span) -> Result<LossReport, StoreError> {
        loss::report(&self.conn, span).map_err(failed)
    }
}
