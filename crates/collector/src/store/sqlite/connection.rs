//! Settings of every connection, and statements about the file as a whole.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
    config::DbConfig,
};

/// How long a lock is waited for. Another process, such as `keys create`, may hold the
/// write lock for a moment; this is far more than any of them needs.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens a connection with the settings that all connections share.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // Flush at every commit: a response promises that a power cut loses nothing.
    conn.pragma_update(None, "synchronous", "FULL")?;
    // Plans that do not depend on the values of parameters. Otherwise SQLite prepares
    // each statement about a table with a partial index anew for each value, which takes
    // several times as long as the statement itself.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What is deleted from a page is overwritten there, so that no copy of it stays when
    // the page is divided. Pages that are freed are overwritten by an erasure alone.
    conn.pragma_update(None, "secure_delete", "FAST")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // 64 MiB of pages: the upper levels of every index of a large database.
    conn.pragma_update(None, "cache_size", -65_536)?;
    // A checkpoint every 64 MiB writes a page that many commits change back
    // once for all of them. A log of that size is replayed in a second after a
    // crash.
    conn.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(conn)
}

/// Size of the database in bytes, without its write-ahead log.
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

/// Pages that a backup copies at a time: 1 MiB.
const BACKUP_STEP: i32 = 256;

/// Copies the database to a new file while it is in use.
///
/// # Errors
/// Those of SQLite, also when the file exists already.
pub fn backup(conn: &Connection, to: &Path) -> rusqlite::Result<()> {
    // The disk and the processors are left to the collector for as long as each step
    // took.
    copy_in_steps(conn, to, std::thread::sleep)
}

/// Copies a database that nobody uses to a new file.
pub(super) fn copy(conn: &Connection, to: &Path) -> rusqlite::Result<()> {
    copy_in_steps(conn, to, |_| {})
}

fn copy_in_steps(
    conn: &Connection,
    to: &Path,
    pause_after: impl Fn(Duration),
) -> rusqlite::Result<()> {
    let mut copy = Connection::open(to)?;
    // The copy is of one moment. Without the snapshot, each commit of a running
    // collector would make the copying begin anew.
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
