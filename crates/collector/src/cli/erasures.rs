//! `erase` and `restore`.

use std::{
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use rusqlite::TransactionBehavior;

use super::{error::CliError, output::print};
use crate::{
    clock::now_ms,
    config::Database,
    model::erasure::Erasure,
    store::sqlite::{
        SqliteStore, StoreError,
        erasure::{self, Erased},
        erasure_list::{self, Entry},
    },
};

pub(super) fn run_erase(database: &Database, erasure: Erasure, json: bool) -> Result<(), CliError> {
    let mut conn = SqliteStore::open_for_command(&database.db)?;
    let found = erasure::find_events(&conn, &erasure)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let erased = erasure::erase(&tx, &erasure, &found, now_ms())?;
    tx.commit()?;
    let Some(erased) = erased else {
        return Err(CliError::Usage(format!(
            "no {} {:?} in {}",
            erasure.kind.name(),
            erasure.id,
            database.db.display()
        )));
    };
    if json {
        print(&serde_json::to_string(&erased).expect("a report is plain values"));
    } else {
        print(&format!("erased {}", in_words(erased)));
    }
    Ok(())
}

fn in_words(erased: Erased) -> String {
    format!(
        "{} events, {} users, {} accounts",
        erased.events, erased.users, erased.accounts
    )
}

pub(super) fn run_restore(database: &Database, from: &Path) -> Result<(), CliError> {
    let db = &database.db;
    let list = if db.exists() {
        let conn = SqliteStore::open_for_command(db)?;
        // With an exclusive lock, SQLite refuses a file that is open elsewhere.
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        conn.execute_batch("BEGIN IMMEDIATE; COMMIT").map_err(|_| {
            CliError::Usage(format!(
                "{} is in use; stop the collector first",
                db.display()
            ))
        })?;
        erasure_list::entries(&conn)?
    } else {
        Vec::new()
    };
    let io = |what: String| move |cause| CliError::Io { what, cause };
    let copy = beside(db, ".restoring");
    remove(&copy).map_err(io(format!("removing {}", copy.display())))?;
    fs::copy(from, &copy).map_err(io(format!("copying {}", from.display())))?;
    let erased = apply(&copy, &list)?;
    fs::File::open(&copy)
        .and_then(|file| file.sync_all())
        .map_err(io(format!("flushing {}", copy.display())))?;
    for log in ["-wal", "-shm"] {
        let log = beside(db, log);
        remove(&log).map_err(io(format!("removing {}", log.display())))?;
    }
    fs::rename(&copy, db).map_err(io(format!("replacing {}", db.display())))?;
    print(&format!(
        "{} is {}; erased again: {}",
        db.display(),
        from.display(),
        in_words(erased)
    ));
    Ok(())
}

/// Applies a list of erasures to a copy and leaves it as a single file.
fn apply(copy: &Path, list: &[Entry]) -> Result<Erased, CliError> {
    let mut conn = SqliteStore::open_for_command(copy)?;
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(StoreError::from)?;
    let erased = erasure::apply(&tx, list)?;
    tx.commit()?;
    // Without a log beside it, the file can be renamed.
    conn.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(erased)
}

/// The path of a file next to another.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// Removes a file that may not be there.
fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
