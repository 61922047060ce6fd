//! The open database: one writer and several readers.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use rusqlite::{Connection, Transaction, ffi};

use super::{
    connection,
    database_path::{DatabasePath, open_error},
    events, file_check,
    file_place::FilePlace,
    free_pages::{self, Step},
    health::{Health, is_damage},
    inbox::{self, Batch, Inbox, InboxFile, ReadBarrier},
    keys,
    known_sources::KnownSources,
    name_roles::NameCache,
    readers::Readers,
    replacement, schema,
    usage_memo::UsageMemo,
    writer::Writer,
};
use crate::{
    metrics::Metrics,
    store::{batch::BatchOutcome, error::StoreError, known_times::KnownTimes},
};

/// How often to try to empty the log after an erasure, while others read from it.
const ATTEMPTS: usize = 50;
/// Pause between these attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// Options for opening a database.
#[derive(Debug, Default)]
pub struct Options {
    /// Maximum size of the file in bytes.
    pub max_bytes: Option<u64>,
    /// The time, if an operator says that the clock is right. Keys of a later time were created
    /// while it was ahead, and get this time.
    pub right_time: Option<i64>,
    /// The metrics that count commits.
    pub metrics: Arc<Metrics>,
}

/// The error of SQLite for writing to a file that may only be read.
fn read_only() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_READONLY), None)
}

/// The open database.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    place: FilePlace,
    readers: Readers,
    health: Arc<Health>,
    known_sources: Arc<Mutex<KnownSources>>,
    names: Arc<NameCache>,
    memo: Arc<UsageMemo>,
}

impl SqliteStore {
    /// Opens the file, creates it if it does not exist, and migrates its schema. A disk without room
    /// for the batches of the inbox is no error: they wait there, and the store is not committing
    /// until there is room.
    ///
    /// # Errors
    /// Fails when the file cannot be opened, or a newer version wrote it.
    pub fn open(path: &Path, options: Options) -> Result<Self, StoreError> {
        let path = DatabasePath::resolve(path)?;
        let mut conn = Self::open_migrated(&path)?;
        // SQLite opens a file that it may only read without an error.
        if conn.is_readonly("main")? {
            return Err(open_error(path.as_path(), &read_only()));
        }
        // A running restore would not have let anybody open the file.
        if let Err(cause) = replacement::new_copy(path.as_path()) {
            tracing::error!(%cause, "the copy of a restore that was cut off stays");
        }
        // A damaged file is used as far as possible.
        let file = InboxFile::open(&path)?;
        let health = Arc::new(Health::default());
        let mut is_spread = true;
        if let Err(cause) = inbox::spread_leftovers(&mut conn, Some(&file)) {
            tracing::error!(%cause, "the inbox cannot be spread");
            // For example, the disk is full. The writer tries again until there is room, as it does
            // later. Until then, events are answered with 503.
            if !is_damage(&cause) {
                health.set_committing(false);
                is_spread = false;
            }
        }
        if let Err(cause) = free_pages::give_back_all(&conn) {
            tracing::error!(%cause, "pages that an erasure has overwritten stay taken");
        }
        if let Some(now) = options.right_time
            && let Err(cause) = keys::correct_times(&conn, now)
        {
            tracing::error!(%cause, "keys of a later time keep their time");
        }
        let mut most_pages = None;
        if let Some(bytes) = options.max_bytes {
            let page_size: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page_size;
            let pages = pages.clamp(1, i64::from(u32::MAX) - 1);
            conn.pragma_update(None, "max_page_count", pages)?;
            most_pages = Some(pages);
        }
        let read_barrier = Arc::<ReadBarrier>::default();
        let metrics = options.metrics;
        let mut inbox = Inbox::new(
            path.as_path(),
            file,
            most_pages,
            Arc::clone(&read_barrier),
            Arc::clone(&metrics),
        )?;
        if !is_spread {
            inbox.pause();
        }
        Ok(SqliteStore {
            place: FilePlace::of(path.as_path().to_owned()),
            readers: Readers::open(path.as_path(), Arc::clone(&health))?,
            writer: Writer::start(conn, inbox, read_barrier, metrics, Arc::clone(&health)),
            health,
            known_sources: Arc::default(),
            names: Arc::default(),
            memo: Arc::default(),
        })
    }

    /// Opens a single connection, for a command that does its work and exits.
    ///
    /// # Errors
    /// Fails like [`SqliteStore::open`].
    pub fn open_for_command(path: &Path) -> Result<Connection, StoreError> {
        let (conn, _) = Self::open_with_inbox(path)?;
        Ok(conn)
    }

    /// Like [`SqliteStore::open_for_command`]; also returns the inbox, if there is one.
    pub(super) fn open_with_inbox(
        path: &Path,
    ) -> Result<(Connection, Option<InboxFile>), StoreError> {
        let path = DatabasePath::resolve(path)?;
        let mut conn = Self::open_migrated(&path)?;
        let inbox = InboxFile::open_existing(&path)?;
        inbox::spread_leftovers(&mut conn, inbox.as_ref())?;
        Ok((conn, inbox))
    }

    fn open_migrated(path: &DatabasePath) -> Result<Connection, StoreError> {
        let path = path.as_path();
        file_check::refuse_foreign(path)?;
        let mut conn = connection::open(path).map_err(|cause| open_error(path, &cause))?;
        schema::migrate(&mut conn)?;
        Ok(conn)
    }

    /// Runs `work` in the writer's next transaction and returns once that is
    /// committed. When `work` fails, its changes are rolled back.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`], without having run `work`, when the queue of
    /// the writer is full.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        self.write_weighing(1, work).await
    }

    /// Like [`SqliteStore::write`], for work that takes as long as storing `weight` events.
    ///
    /// # Errors
    /// Fails like [`SqliteStore::write`].
    pub(super) async fn write_weighing<T, F>(&self, weight: usize, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        self.committed(self.writer.write(weight, work, |_| true).await)
    }

    /// Overwrites the free pages of the file, and empties its log and the inbox, in steps between
    /// the requests of others. After that, erased data remains in none of them.
    ///
    /// # Errors
    /// Fails like [`SqliteStore::write`].
    pub(super) async fn overwrite_free_pages(&self) -> Result<(), StoreError> {
        let mut step = self.read_now(free_pages::begin)?;
        while step != Step::Done {
            match self.write(move |tx| free_pages::run(tx, step)).await {
                Ok(next) => step = next,
                Err(StoreError::Overloaded) => tokio::time::sleep(PAUSE).await,
                Err(cause) => return Err(cause),
            }
        }
        for _ in 0..ATTEMPTS {
            if self.writer.truncate_logs().await? {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        tracing::warn!("a long question keeps what was erased in the write-ahead log for a while");
        Ok(())
    }

    /// Stores a batch and returns the outcome once it is committed.
    ///
    /// # Errors
    /// Fails like [`SqliteStore::write`].
    pub(super) async fn write_batch(&self, batch: Batch) -> Result<BatchOutcome, StoreError> {
        self.committed(self.writer.write_batch(batch).await)
    }

    /// What was committed, unless it was to a file that nobody will find again.
    fn committed<T>(&self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        let outcome = outcome?;
        self.place.check()?;
        Ok(outcome)
    }

    /// The cache of sources, for queries of [`SqliteStore::read_now`].
    pub(super) fn known_sources(&self) -> &Mutex<KnownSources> {
        &self.known_sources
    }

    /// The cache of the names in all events.
    pub(super) fn names(&self) -> &Arc<NameCache> {
        &self.names
    }

    /// The cache of computed usage.
    pub(super) fn memo(&self) -> &Arc<UsageMemo> {
        &self.memo
    }

    /// The latest times by the clock that the store knows.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub fn known_times(&self) -> Result<KnownTimes, StoreError> {
        self.read_now(events::known_times)
    }

    /// Whether the last transaction was committed, to a file that has its name, and the writer
    /// accepts requests.
    pub(super) fn is_committing(&self) -> bool {
        self.writer.is_open() && self.health.is_committing() && self.place.check().is_ok()
    }

    /// Whether a statement of this process found a damaged page of the file.
    pub(super) fn is_damaged(&self) -> bool {
        self.health.is_damaged()
    }

    /// Like [`SqliteStore::write`], for work that may reject its input: when it returns an inner
    /// `Err`, its changes are rolled back.
    ///
    /// # Errors
    /// Fails like [`SqliteStore::write`].
    pub(super) async fn write_unless_rejected<T, R, F>(
        &self,
        work: F,
    ) -> Result<Result<T, R>, StoreError>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<Result<T, R>, rusqlite::Error> + Send + 'static,
    {
        self.committed(self.writer.write(1, work, Result::is_ok).await)
    }

    /// Runs a query on a connection of its own, concurrently with the writer. It sees every batch
    /// that was acknowledged before.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(super) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    {
        self.writer.wait_until_spread().await;
        self.readers.read(query).await
    }

    /// Runs a query that takes microseconds on the caller's thread: moving it to another thread
    /// would take longer than the query. It does not wait for batches that were just acknowledged,
    /// so it must not concern events.
    ///
    /// # Errors
    /// Fails when SQLite fails.
    pub(super) fn read_now<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        self.readers.read_now(query)
    }

    /// Stops the writer once everything it has accepted is committed.
    pub async fn close(&self) {
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_commit_is_flushed_to_disk_before_it_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let conn = SqliteStore::open_for_command(&folder.path().join("n.db")).unwrap();
        let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        // FULL: with a write-ahead log, each commit waits for the flush of it.
        assert_eq!(pragma("synchronous").unwrap(), 2);
        let mode: String = conn
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_its_parameters_are() {
        let folder = tempfile::tempdir().unwrap();
        let conn = SqliteStore::open_for_command(&folder.path().join("n.db")).unwrap();
        // Both tables have a partial index.
        for sql in [
            "SELECT no FROM accounts WHERE account_id = ?1",
            "SELECT no FROM streams WHERE stream_id = ?1",
        ] {
            let mut statement = conn.prepare(sql).unwrap();
            for id in ["a", "b", "c"] {
                assert!(!statement.exists([id]).unwrap());
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
        }
    }
}
