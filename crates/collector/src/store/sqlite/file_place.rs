//! Notices that the open database no longer has its name.

use std::{fs::Metadata, io::ErrorKind, path::PathBuf};

use crate::store::error::StoreError;

/// The name under which the database was opened, and the file that had it.
///
/// An open file can be removed, renamed or replaced by another. SQLite goes on writing to it, and
/// nobody finds that again. So whoever has committed something checks this before it is
/// acknowledged. SQLite compares the same numbers, but not with a write-ahead log.
#[derive(Debug)]
pub(super) struct FilePlace {
    path: PathBuf,
    number: Option<u64>,
}

impl FilePlace {
    /// The place of a database that was just opened.
    pub(super) fn of(path: PathBuf) -> Self {
        let number = path.metadata().ok().as_ref().and_then(number);
        FilePlace { path, number }
    }

    /// # Errors
    /// Fails when another file or none has the name. It cannot succeed again, unless the file gets
    /// its name back.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let is_there = match self.path.metadata() {
            Ok(found) => number(&found) == self.number,
            // SQLite reports other problems.
            Err(cause) => cause.kind() != ErrorKind::NotFound,
        };
        if is_there {
            return Ok(());
        }
        Err(StoreError::Unavailable(format!(
            "{} was removed, renamed or replaced while it was in use, so what is stored would be lost: stop the collector, put the file back or `restore` a backup, and start it again",
            self.path.display()
        )))
    }
}

/// The number of a file in its file system, where there is one.
#[cfg(unix)]
fn number(file: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    Some(file.ino())
}

#[cfg(not(unix))]
fn number(_file: &Metadata) -> Option<u64> {
    None
}
