//! Why the store failed.

/// Why the store could not do what it was asked to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Too many requests wait for the writer. Nothing was written.
    #[error("too much work is waiting")]
    Overloaded,
    /// The transaction could not be committed. Nothing was written.
    #[error("cannot commit: {0}")]
    Unavailable(String),
    /// The store is shutting down. Nothing was written.
    #[error("the store is closed")]
    Closed,
    /// A newer version of this program wrote the file.
    #[error(
        "the database has schema {found}, this program knows up to {known}; run the newer program"
    )]
    TooNew {
        /// Version of the schema of the file.
        found: i64,
        /// Newest version that this program can read.
        known: i64,
    },
    /// A part of what is stored is damaged.
    #[error("the database is damaged: {0}; restore a backup of it")]
    Damaged(String),
    /// An operation failed.
    #[error("database: {0}")]
    Failed(String),
    /// The file could not be opened.
    #[error(
        "cannot open the database {path}: {cause}; check that the folder exists and can be written"
    )]
    Open {
        /// The file.
        path: String,
        /// Why.
        cause: String,
    },
}
