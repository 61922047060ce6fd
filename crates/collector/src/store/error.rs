//! Why the store failed.

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Too many requests wait for the writer. Nothing was written.
    #[error("too much work is waiting")]
    Overloaded,
    /// The transaction could not be committed. Nothing was written.
    #[error("cannot commit: {0}")]
    Unavailable(String),
    /// The question cannot be answered now because a server is unreachable or lags behind. Nothing
    /// was written.
    #[error("cannot answer: {0}")]
    Unanswered(String),
    /// A server could not be reached, or refused the login, when the store was opened.
    #[error("{flag}: {cause}")]
    Unreachable {
        /// The flag that names the server.
        flag: &'static str,
        /// What the server said, without any password.
        cause: String,
    },
    /// The ClickHouse nodes are not the ones over which the events are distributed.
    #[error("--clickhouse: {0}")]
    Nodes(String),
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
    /// There is no file to read.
    #[error(
        "there is no database {0}; name the file with --db, or make one with `natero-collector keys create source`"
    )]
    Missing(String),
    /// The file is no database of a collector.
    #[error(
        "{0} is no database of a collector; it stays as it is. Name another file with --db, or move this one away"
    )]
    Foreign(String),
    /// A file cannot be restored.
    #[error(
        "{path} is no whole backup of a collector: {cause}; nothing was replaced. Name another backup"
    )]
    NoBackup {
        /// The file.
        path: String,
        /// Why.
        cause: String,
    },
    /// A backup cannot be read.
    #[error(
        "the backup {path} cannot be read: {cause}; nothing was replaced. Check that this user may read it and what is beside it, or name another backup"
    )]
    UnreadableBackup {
        /// The file.
        path: String,
        /// Why.
        cause: String,
    },
    /// Stored data is damaged.
    #[error("the database is damaged: {0}; restore a backup of it")]
    Damaged(String),
    /// The inbox beside the database is damaged.
    #[error(
        "the inbox {path} is damaged: {cause}; the database itself is not. Start the collector with `natero-collector serve`: it keeps the damaged file as {path}-damaged, and makes a new one"
    )]
    DamagedInbox {
        /// The file.
        path: String,
        /// The error of SQLite.
        cause: String,
    },
    /// An operation failed.
    #[error("database: {0}")]
    Failed(String),
    /// The file could not be opened.
    #[error("cannot open the database {path}: {cause}")]
    Open {
        /// The file.
        path: String,
        /// Why, and what to check.
        cause: String,
    },
    /// The file has several names that are hard links.
    #[error(
        "{path} has {links} hard links, and each name would have its own write-ahead log and inbox. Remove the other names, or make symbolic links of them"
    )]
    Linked {
        /// The file.
        path: String,
        /// Number of its names.
        links: u64,
    },
}
