//! Converts errors of SQLite into errors of the store.

use rusqlite::{ErrorCode, ffi};

use super::health::is_damage;
use crate::store::{error::StoreError, export::ExportError};

impl From<rusqlite::Error> for StoreError {
    fn from(cause: rusqlite::Error) -> Self {
        if is_damage(&cause) {
            StoreError::Damaged(cause.to_string())
        } else {
            StoreError::Failed(explained(&cause))
        }
    }
}

impl From<rusqlite::Error> for ExportError {
    fn from(cause: rusqlite::Error) -> Self {
        ExportError::Failed(explained(&cause))
    }
}

/// The error, and what to do about it where that is known.
fn explained(cause: &rusqlite::Error) -> String {
    if is_full(cause) {
        format!(
            "{cause}: free space on the disk of the database, or raise --max-db-bytes, and try again"
        )
    } else {
        cause.to_string()
    }
}

fn is_full(cause: &rusqlite::Error) -> bool {
    // To open a database, SQLite needs room for the index of its log.
    const NO_ROOM_FOR_INDEX: i32 = ffi::SQLITE_IOERR_SHMSIZE;
    cause.sqlite_error().is_some_and(|error| {
        error.code == ErrorCode::DiskFull || error.extended_code == NO_ROOM_FOR_INDEX
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Error;

    use super::*;

    #[test]
    fn a_full_disk_is_named_with_what_to_do() {
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
            let full = Error::SqliteFailure(ffi::Error::new(code), None);
            let told = StoreError::from(full).to_string();
            assert!(
                told.ends_with(
                    "free space on the disk of the database, or raise --max-db-bytes, and try again"
                ),
                "{told}"
            );
        }
        let busy = Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None);
        assert!(!StoreError::from(busy).to_string().contains("free space"));
    }
}
