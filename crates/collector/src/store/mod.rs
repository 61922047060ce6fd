//! Everything that is kept: one SQLite file in WAL mode.
//!
//! **Invariant:** one thread writes. It takes what has piled up, puts it into
//! one transaction, commits, and only then answers, so that an answer means
//! "on disk" and a disk flush is paid once for many requests. Readers use
//! connections of their own and never wait for the writer.

pub mod accounts;
pub mod browse;
mod distinct;
pub mod events;
pub mod export;
pub mod facts;
pub mod hierarchy;
mod identify;
pub mod keys;
mod names;
pub mod page;
mod readers;
pub mod rebuild;
pub mod records;
pub mod retention;
mod schema;
mod segments;
pub mod streams;
pub mod usage;
pub mod users;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::{Connection, Transaction};

pub use writer::Writer;

use crate::metrics::Metrics;
use readers::Readers;

/// Why the store could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// More work waits than the writer can do soon. Nothing was written.
    #[error("too much work is waiting")]
    Overloaded,
    /// The transaction could not be committed. Nothing was written.
    #[error("cannot commit: {0}")]
    Unavailable(String),
    /// The store is shutting down. Nothing was written.
    #[error("the store is closed")]
    Closed,
    /// The file was written by a newer version of this program.
    #[error(
        "the database has schema {found}, this program knows up to {known}; run the newer program"
    )]
    TooNew {
        /// What the file says.
        found: i64,
        /// What we can read.
        known: i64,
    },
    /// SQLite refused a statement.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file could not be opened.
    #[error(
        "cannot open the database {path}: {cause}; check that the folder exists and can be written"
    )]
    Open {
        /// The file.
        path: String,
        /// What SQLite said.
        cause: rusqlite::Error,
    },
}

/// How a database is opened.
#[derive(Debug, Default)]
pub struct Options {
    /// Largest size of the file in bytes.
    pub max_bytes: Option<u64>,
    /// Where figures go.
    pub metrics: Arc<Metrics>,
}

/// Writes as much as a large batch does, to see whether a commit goes
/// through: a few bytes fit onto the fullest disk.
///
/// # Errors
/// Those of SQLite.
pub fn touch(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute(
        "INSERT INTO settings (name, value) VALUES ('touched', randomblob(524288))
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [],
    )?;
    Ok(())
}

/// Size of the database in bytes, without its log.
///
/// # Errors
/// Those of SQLite.
pub fn size(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        [],
        |row| row.get(0),
    )
}

/// Copies the database to a new file while it is in use.
///
/// # Errors
/// Those of SQLite; where the file exists already, too.
pub fn backup(conn: &Connection, to: &Path) -> rusqlite::Result<()> {
    let to = to.to_string_lossy();
    conn.execute("VACUUM INTO ?1", [to])?;
    Ok(())
}

/// The open database.
#[derive(Debug)]
pub struct Store {
    writer: Writer,
    readers: Readers,
}

impl Store {
    /// Opens the file, makes it if needed, and brings its schema up to date.
    ///
    /// # Errors
    /// Where the file cannot be opened or is from a newer version.
    pub fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        let conn = Self::open_for_command(path)?;
        if let Some(bytes) = options.max_bytes {
            let page_size: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page_size;
            conn.pragma_update(
                None,
                "max_page_count",
                pages.clamp(1, i64::from(u32::MAX) - 1),
            )?;
        }
        Ok(Store {
            readers: Readers::open(path)?,
            writer: Writer::start(conn, options.metrics),
        })
    }

    /// A connection for a command that does its work and ends.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_for_command(path: &Path) -> Result<Connection, StoreError> {
        let opened = Connection::open(path).and_then(|conn| {
            configure(&conn)?;
            Ok(conn)
        });
        let mut conn = opened.map_err(|cause| StoreError::Open {
            path: path.display().to_string(),
            cause,
        })?;
        schema::migrate(&mut conn)?;
        Ok(conn)
    }

    /// Runs `work` in the writer's next transaction and answers once that is
    /// committed. Where `work` gives an error, what it wrote is undone.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] without having tried, where the queue is full.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        self.write_weighing(1, work).await
    }

    /// As [`Store::write`], for work as heavy as `weight` events.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_weighing<T, F>(&self, weight: usize, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        self.writer.write(weight, work, |_| true).await
    }

    /// Whether the last transaction was committed and there will be a next.
    pub fn is_committing(&self) -> bool {
        self.writer.is_committing()
    }

    /// As [`Store::write`], for work that may refuse: where it gives an `Err`
    /// within, what it wrote is undone.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_unless_refused<T, R, F>(&self, work: F) -> Result<Result<T, R>, StoreError>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<Result<T, R>, rusqlite::Error> + Send + 'static,
    {
        self.writer.write(1, work, Result::is_ok).await
    }

    /// Runs a query beside the writer.
    ///
    /// # Errors
    /// Those of SQLite.
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        self.readers.read(query).await
    }

    /// Runs a query that takes microseconds on the caller's own thread: worth
    /// it where the hop to another thread would cost more than the query.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn read_now<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        self.readers.read_now(query)
    }

    /// Ends the writer once everything that was accepted is committed.
    pub async fn close(&self) {
        self.writer.close().await;
    }
}

fn configure(conn: &Connection) -> rusqlite::Result<()> {
    // Another process, such as `keys create`, may hold the write lock for a
    // moment; five seconds is far above what any of them needs.
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // Flush at every commit: an answer promises that a power cut loses nothing.
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // 64 MiB of pages: the upper levels of every index of a large database.
    conn.pragma_update(None, "cache_size", -65_536)?;
    // A page that many commits change is then written back once for all of
    // them. 64 MiB are replayed in a second after a crash.
    conn.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_flushed_to_disk_before_it_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let conn = Store::open_for_command(&folder.path().join("n.db")).unwrap();
        let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        // FULL: with a write-ahead log, each commit waits for the flush of it.
        assert_eq!(pragma("synchronous").unwrap(), 2);
        let mode: String = conn
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
    }
}
