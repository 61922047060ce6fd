//! `erase` and `restore`.

use std::{
    ffi::OsString,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{error::CliError, output::print};
use crate::{
    config::Database,
    model::erasure::Erasure,
    store::{
        removal::Erased,
        sqlite::{CommandFile, ErasureList},
    },
};

pub(super) fn run_erase(database: &Database, erasure: Erasure, json: bool) -> Result<(), CliError> {
    let erased = CommandFile::open(&database.db)?.erase(&erasure)?;
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
        let erased = CommandFile::open(db)?.erasures_if_closed()?;
        erased.ok_or_else(|| {
            CliError::Usage(format!(
                "{} is in use; stop the collector first",
                db.display()
            ))
        })?
    } else {
        ErasureList::EMPTY
    };
    let io = |what: String| move |cause| CliError::Io { what, cause };
    let copy = beside(db, ".restoring");
    remove(&copy).map_err(io(format!("removing {}", copy.display())))?;
    fs::copy(from, &copy).map_err(io(format!("copying {}", from.display())))?;
    let erased = CommandFile::open(&copy)?.apply(&list)?;
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
