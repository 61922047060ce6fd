//! Settings of all connections, and operations on the file as a whole.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
    config::DbConfig,
};

/// How long to wait for a lock. Another process, such as `keys create`, may hold the write lock for
/// a moment; this is far more than any of them needs.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a connection with the settings that all connections share.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // Flush at every commit: a response promises that a power failure loses nothing.
    conn.pragma_update(None, "synchronous", "FULL")?;
    // Make query plans independent of parameter values. Otherwise SQLite prepares each statement
    // about a table with a partial index again for each value, which takes several times as long as
    // the statement itself.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Overwrite deleted content within a page, so that no copy of it survives when the page is
    // split. Only an erasure overwrites pages that become free.
    conn.pragma_update(None, "secure_delete", "FAST")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // 64 MiB of pages: the upper levels of every index of a large database.
    conn.pragma_update(None, "cache_size", -65_536)?;
    // With a checkpoint every 64 MiB, a page that many commits change is written back once for all
    // of them. After a crash, a log of that size is replayed in a second.
    conn.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(conn)
}

/// Size of the database in bytes, without its write-ahead log.
///
/// # Errors
/// Fails when SQLite fails.
pub fn size(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        [],
        |row| row.get(0),
    )
}

/// Number of pages that a backup copies at a time: 1 MiB.
const BACKUP_STEP: i32 = 256;

/// Copies the database to a new file while it is in use.
///
/// # Errors
/// Fails when SQLite fails, or the new file already exists.
pub fn backup(conn: &Connection, to: &Path) -> rusqlite::Result<()> {
    // Pause after each step for as long as it took, to leave disk and processors to the collector.
    copy_in_steps(conn, to, std::thread::sleep)
}

/// Copies a database that is not in use to a new file.
pub(super) fn copy(conn: &Connection, to: &Path) -> rusqlite::Result<()> {
    copy_in_steps(conn, to, |_| {})
}

fn copy_in_steps(
    conn: &Connection,
    to: &Path,
    pause_after: impl Fn(Duration),
) -> rusqlite::Result<()> {
    let mut copy = Connection::open(to)?;
    // The copy shows a single moment. Without this snapshot, each commit of a running collector
    // would restart the copying.
    let snapshot = conn.unchecked_transaction()?;
    snapshot.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let backup = Backup::new(&snapshot, &mut copy)?;
    loop {
        let start = Instant::now();
        if backup.step(BACKUP_STEP)? == StepResult::Done {
            return Ok(());
        }
        pause_after(start.elapsed());
    }
}
