//! Replaces a database by a restored copy, in steps that may be cut off anywhere.
//!
//! 1. The copy is made as `….restoring`. A copy that was cut off is removed.
//! 2. The complete copy is renamed to `….restored`. From here on, everybody who opens the database
//!    first finishes its replacement.
//! 3. The database is renamed to `….before-restore`, with what is beside it.
//! 4. The copy takes the name of the database.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

/// Suffix of a copy that may be incomplete.
const INCOMPLETE: &str = ".restoring";
/// Suffix of a complete copy that has to replace the database.
const COMPLETE: &str = ".restored";
/// Suffix of a replaced database.
const REPLACED: &str = ".before-restore";

/// The files beside a database that SQLite and the inbox make.
const BESIDE: [&str; 6] = [
    "-journal",
    "-wal",
    "-shm",
    "-inbox",
    "-inbox-wal",
    "-inbox-shm",
];

/// What a replacement did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Where the replaced database is now; `None` if there was none.
    pub kept: Option<PathBuf>,
}

/// A completed step of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The copy is the one that has to replace the database.
    Decided,
    /// Nothing is beside the database any more.
    KeptBeside,
    /// The database has another name.
    Kept,
    /// The copy has the name of the database.
    Replaced,
}

/// Removes a copy that was cut off, and returns the path for a new one.
///
/// # Errors
/// Fails when a file cannot be removed.
pub fn new_copy(db: &Path) -> io::Result<PathBuf> {
    let copy = beside(db, INCOMPLETE);
    for suffix in BESIDE {
        remove(&beside(db, &format!("{INCOMPLETE}{suffix}")))?;
    }
    remove(&copy)?;
    Ok(copy)
}

/// Replaces a database that nobody has open by the complete copy at the path of [`new_copy`]. What
/// is beside the database must hold nothing that the database lacks.
///
/// # Errors
/// Fails when a file cannot be flushed or renamed. The next start or the next restore finishes a
/// replacement that was decided.
pub fn replace(db: &Path) -> io::Result<Replaced> {
    replace_in_steps(db, |_| Ok(()))
}

/// Finishes a replacement that was cut off; `None` if there is none.
///
/// # Errors
/// Fails when a file cannot be renamed.
pub(super) fn finish(db: &Path) -> io::Result<Option<Replaced>> {
    let complete = beside(db, COMPLETE);
    let copy = match File::open(&complete) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    lock(&copy)?;
    // Another process may have finished it before it released the lock.
    if !complete.try_exists()? {
        return Ok(None);
    }
    finish_in_steps(db, |_| Ok(())).map(Some)
}

fn replace_in_steps(
    db: &Path,
    mut after: impl FnMut(Step) -> io::Result<()>,
) -> io::Result<Replaced> {
    let copy = File::open(beside(db, INCOMPLETE))?;
    copy.sync_all()?;
    // Held until the end of this function.
    lock(&copy)?;
    for suffix in BESIDE {
        remove(&beside(db, suffix))?;
    }
    fs::rename(beside(db, INCOMPLETE), beside(db, COMPLETE))?;
    flush_names(db);
    after(Step::Decided)?;
    finish_in_steps(db, after)
}

/// The steps after the decision. Whoever repeats them after an interruption does the rest.
fn finish_in_steps(
    db: &Path,
    mut after: impl FnMut(Step) -> io::Result<()>,
) -> io::Result<Replaced> {
    let kept = unused_name(db)?;
    // Usually there is nothing beside the database. SQLite would take what another program left
    // there for a part of the copy.
    for suffix in BESIDE {
        rename_if_exists(&beside(db, suffix), &beside(&kept, suffix))?;
    }
    after(Step::KeptBeside)?;
    let was_there = rename_if_exists(db, &kept)?;
    after(Step::Kept)?;
    fs::rename(beside(db, COMPLETE), db)?;
    flush_names(db);
    after(Step::Replaced)?;
    Ok(Replaced {
        kept: was_there.then_some(kept),
    })
}

/// Keeps processes from finishing the same replacement at the same time. Not every file system has
/// locks; the steps are then done without one.
fn lock(copy: &File) -> io::Result<()> {
    match copy.lock() {
        Err(cause) if cause.kind() == ErrorKind::Unsupported => Ok(()),
        locked => locked,
    }
}

/// The path of a file beside the database, whose name has a suffix.
fn beside(db: &Path, suffix: &str) -> PathBuf {
    let mut name = db.to_owned().into_os_string();
    name.push(suffix);
    name.into()
}

/// A name for the replaced database that no file has.
fn unused_name(db: &Path) -> io::Result<PathBuf> {
    let mut name = beside(db, REPLACED);
    let mut number = 2;
    while name.try_exists()? {
        name = beside(db, &format!("{REPLACED}-{number}"));
        number += 1;
    }
    Ok(name)
}

/// Flushes the names in the folder of the database, where the system can. Otherwise a power failure
/// may undo the last of them, which is then done again.
fn flush_names(db: &Path) {
    if let Some(folder) = db.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Renames a file. Returns false if it does not exist.
fn rename_if_exists(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(false),
        renamed => renamed.map(|()| true),
    }
}

/// Removes a file, if it exists.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files that stand for a database, its copy, and an earlier replaced database.
    fn files(folder: &Path, has_database: bool) -> PathBuf {
        let db = folder.join("n.db");
        if has_database {
            fs::write(&db, "old").unwrap();
        }
        fs::write(beside(&db, REPLACED), "older").unwrap();
        fs::write(beside(&db, INCOMPLETE), "new").unwrap();
        db
    }

    /// The names and contents of all files.
    fn found(folder: &Path) -> Vec<(String, String)> {
        let mut found: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|file| {
                let file = file.unwrap();
                let name = file.file_name().into_string().unwrap();
                (name, fs::read_to_string(file.path()).unwrap())
            })
            .collect();
        found.sort();
        found
    }

    fn expected(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, content): &(&str, &str)| ((*name).to_owned(), (*content).to_owned());
        files.iter().map(owned).collect()
    }

    #[test]
    fn a_replacement_that_stops_after_any_step_is_finished_later() {
        let steps = [Step::Decided, Step::KeptBeside, Step::Kept, Step::Replaced];
        for (stop, has_database) in steps
            .into_iter()
            .flat_map(|step| [(step, true), (step, false)])
        {
            let folder = tempfile::tempdir().unwrap();
            let db = files(folder.path(), has_database);
            let stopped = replace_in_steps(&db, |step| match step {
                step if step == stop => Err(io::Error::other("killed")),
                _ => Ok(()),
            });
            assert!(stopped.is_err(), "{stop:?}");
            for _ in 0..2 {
                finish(&db).unwrap();
            }
            let mut files = vec![("n.db", "new"), ("n.db.before-restore", "older")];
            if has_database {
                files.push(("n.db.before-restore-2", "old"));
            }
            assert_eq!(found(folder.path()), expected(&files), "{stop:?}");
        }
    }

    #[test]
    fn a_copy_that_was_cut_off_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let db = files(folder.path(), true);
        fs::write(beside(&db, ".restoring-journal"), "part").unwrap();
        assert_eq!(finish(&db).unwrap(), None);
        assert_eq!(fs::read_to_string(&db).unwrap(), "old");
        new_copy(&db).unwrap();
        assert_eq!(
            found(folder.path()),
            expected(&[("n.db", "old"), ("n.db.before-restore", "older")])
        );
    }

    #[test]
    fn what_a_program_left_beside_the_database_after_the_decision_stays_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let db = files(folder.path(), true);
        replace_in_steps(&db, |_| Err(io::Error::other("killed"))).unwrap_err();
        fs::write(beside(&db, "-wal"), "log").unwrap();
        assert_eq!(
            finish(&db).unwrap().unwrap().kept.unwrap(),
            beside(&db, ".before-restore-2")
        );
        assert_eq!(
            found(folder.path()),
            expected(&[
                ("n.db", "new"),
                ("n.db.before-restore", "older"),
                ("n.db.before-restore-2", "old"),
                ("n.db.before-restore-2-wal", "log"),
            ])
        );
    }
}
