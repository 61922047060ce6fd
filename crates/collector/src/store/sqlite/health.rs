//! The health of the database file.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the file can be written and is undamaged.
#[derive(Debug)]
pub(super) struct Health {
    is_committing: AtomicBool,
    is_damaged: AtomicBool,
}

impl Default for Health {
    fn default() -> Self {
        Health {
            is_committing: AtomicBool::new(true),
            is_damaged: AtomicBool::new(false),
        }
    }
}

impl Health {
    /// Whether the last transaction was committed.
    pub(super) fn is_committing(&self) -> bool {
        self.is_committing.load(Ordering::Relaxed)
    }

    pub(super) fn set_committing(&self, is_committing: bool) {
        self.is_committing.store(is_committing, Ordering::Relaxed);
    }

    /// Whether a statement found a damaged page. Files do not repair themselves, so this stays true
    /// until the process ends.
    pub(super) fn is_damaged(&self) -> bool {
        self.is_damaged.load(Ordering::Relaxed)
    }

    /// Updates the health after a failed statement.
    pub(super) fn record_failure(&self, cause: &rusqlite::Error) {
        if is_damage(cause) {
            self.is_damaged.store(true, Ordering::Relaxed);
        }
    }
}

/// Whether a statement failed because the file is damaged.
pub(super) fn is_damage(cause: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(
        cause.sqlite_error_code(),
        Some(DatabaseCorrupt | NotADatabase)
    )
}
