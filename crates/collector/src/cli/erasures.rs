//! The commands `erase` and `restore`.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{error::CliError, output::print};
use crate::store::scaled;
use crate::{
    clock::now_ms,
    config::{Database, DatabaseFile, StoreChoice},
    model::{
        erasure::{Erasure, ErasureKind},
        usage::Span,
    },
    store::{
        removal::Erased,
        sqlite::{CommandFile, DatabasePath, ErasureList},
    },
};

/// The erasure that the arguments describe.
pub(super) fn erasure(
    kind: ErasureKind,
    id: String,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<Erasure, CliError> {
    match (kind, from, to) {
        (ErasureKind::Source, None, _) => Err(CliError::Usage(
            "--from is missing: give the first ms of arrival of what the source sent, in ms since the Unix epoch".into(),
        )),
        (ErasureKind::Source, Some(_), _) => {
            let arrived = Span::new(from, to)?.until(now_ms() + 1);
            Ok(Erasure::of_source(id, arrived))
        }
        (_, None, None) => Ok(Erasure::of(kind, id)),
        (_, _, _) => Err(CliError::Usage(format!(
            "--from and --to are of `erase source`; leave them out to erase the whole {}",
            kind.name()
        ))),
    }
}

pub(super) fn run_erase(
    database: &Database,
    erasure: &Erasure,
    json: bool,
) -> Result<(), CliError> {
    let (erased, store) = match database.choice()? {
        StoreChoice::Sqlite(file) => {
            let erased = CommandFile::open(&file)?.erase(erasure)?;
            (erased, file.display().to_string())
        }
        // The address is not repeated: it may contain a password.
        StoreChoice::Scaled(address) => (
            scaled::erase(&address.postgres, &address.clickhouse, erasure)?,
            "the database".to_owned(),
        ),
    };
    let Some(erased) = erased else {
        return Err(CliError::Usage(format!(
            "no {} {:?} in {store}",
            erasure.kind.name(),
            erasure.id,
        )));
    };
    if json {
        print(&serde_json::to_string(&erased).expect("a report is plain values"))
    } else {
        print(&format!("erased {}", in_words(erased)))
    }
}

fn in_words(erased: Erased) -> String {
    let mut words = format!(
        "{} events, {} users, {} accounts",
        erased.events, erased.users, erased.accounts
    );
    if erased.users_moved > 0 {
        words += &format!(
            "; {} users belong to the account now that their other events name",
            erased.users_moved
        );
    }
    if erased.figures_kept > 0 {
        words += &format!(
            "; the figures of {} more events stay, which --keep-raw had dropped before",
            erased.figures_kept
        );
    }
    if erased.values_kept > 0 {
        words += &format!(
            "; {} accounts and users keep what these events of trusted sources said: correct them through the Account API",
            erased.values_kept
        );
    }
    if erased.keys_revoked > 0 {
        words += &format!(
            "; {} viewer keys that saw an erased account are revoked",
            erased.keys_revoked
        );
    }
    words
}

pub(super) fn run_restore(database: &DatabaseFile, from: &Path) -> Result<(), CliError> {
    // Where the name is a link, the file that it points to is replaced.
    let db = &DatabasePath::resolve(&database.file()?)?;
    if from
        .canonicalize()
        .is_ok_and(|backup| backup == db.as_path())
    {
        return Err(CliError::Usage(format!(
            "{} is the database itself; name a backup of it",
            from.display()
        )));
    }
    let list = erasures_of(db.as_path())?;
    let copy = db.beside(".restoring");
    let removing = |path: &Path| remove(path).map_err(io(format!("removing {}", path.display())));
    for suffix in ["", "-journal", "-wal", "-shm"] {
        removing(&db.beside(&format!(".restoring{suffix}")))?;
    }
    let erased = CommandFile::from_backup(from, &copy)
        .and_then(|copied| copied.apply(&list))
        .inspect_err(|_| {
            // A copy that was not restored completely is useless.
            let _ = remove(&copy);
        })?;
    fs::File::open(&copy)
        .and_then(|file| file.sync_all())
        .map_err(io(format!("flushing {}", copy.display())))?;
    // The write-ahead log and the inbox of the replaced file hold nothing that the file
    // lacks, and they do not belong to the new file.
    for log in ["-wal", "-shm"] {
        removing(&db.beside(log))?;
    }
    for inbox in db.inbox_files() {
        removing(&inbox)?;
    }
    let kept = keep(db).map_err(io(format!("keeping {db}")))?;
    fs::rename(&copy, db.as_path()).map_err(io(format!("replacing {db}")))?;
    print(&format!(
        "{db} is {}; erased again: {}",
        from.display(),
        in_words(erased)
    ))?;
    match kept {
        None => Ok(()),
        Some(kept) => print(&format!(
            "what it was before is {}; remove that once it is not needed: no later erasure reaches it",
            kept.display()
        )),
    }
}

/// The list of erasures of the database that is being replaced.
fn erasures_of(db: &Path) -> Result<ErasureList, CliError> {
    if !db.exists() {
        return Ok(ErasureList::EMPTY);
    }
    let found = CommandFile::open(db).and_then(CommandFile::erasures_if_closed);
    let list = found.map_err(|cause| {
        CliError::Usage(format!(
            "what was erased from {} cannot be read, so that it would come back: {cause}. \
             To restore all the same, move that file away first",
            db.display()
        ))
    })?;
    list.ok_or_else(|| {
        CliError::Usage(format!(
            "{} is in use; stop the collector first",
            db.display()
        ))
    })
}

/// Keeps a file under a new, unused name beside it, and returns that name; `None` when there
/// is no file.
fn keep(db: &DatabasePath) -> std::io::Result<Option<PathBuf>> {
    let file = db.as_path();
    if !file.exists() {
        return Ok(None);
    }
    let mut kept = db.beside(".before-restore");
    let mut number = 2;
    while kept.exists() {
        kept = db.beside(&format!(".before-restore-{number}"));
        number += 1;
    }
    // With a hard link, the database exists at every moment. Not every file system supports
    // links.
    fs::hard_link(file, &kept).or_else(|_| fs::rename(file, &kept))?;
    Ok(Some(kept))
}

fn io(what: String) -> impl FnOnce(std::io::Error) -> CliError {
    move |cause| CliError::Io { what, cause }
}

/// Removes a file, if it exists.
fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
