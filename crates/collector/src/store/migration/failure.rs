//! Why a migration failed.

use crate::store::error::StoreError;

/// Why a migration failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// One of the stores failed. Rows copied so far stay, and the same command continues.
    #[error("{0}; run the same command again to go on")]
    Store(#[from] StoreError),
    /// The source file cannot be migrated.
    #[error("--from: {path} {cause}; name the file that the collector uses")]
    NoSource {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// A server of the target cannot be reached, or refuses the login.
    #[error("{flag}: {cause}")]
    NoTarget {
        /// The flag of the command that names the server.
        flag: &'static str,
        /// The server's message, without any password.
        cause: String,
    },
    /// A collector has the file open.
    #[error(
        "{0} is in use; stop its collector first, or move a copy that `natero-collector backup` makes"
    )]
    InUse(String),
    /// The target contains data of another origin.
    #[error(
        "the target has data already ({0}); name an empty database, since nothing is mixed or replaced"
    )]
    NotEmpty(String),
    /// The target contains a part of another file, or of this file before it changed.
    #[error(
        "the target has a part of another file, or of this one as it was before a collector changed it; drop both databases of the target and begin anew"
    )]
    Changed,
    /// Another migration is filling the same target.
    #[error("another `natero-collector migrate` fills this target")]
    Busy,
    /// The reading or the writing side stopped.
    #[error("the move broke off; run the same command again to go on")]
    Broken,
    /// Some figures would differ after the migration.
    #[error(
        "{count} answers differ, so no key was moved and nothing can be sent to the target yet; if the figures of the file are wrong, `natero-collector rebuild` mends them:\n{list}"
    )]
    Differs {
        /// Number of differences.
        count: usize,
        /// The first of them, one per line.
        list: String,
    },
}

impl MigrationError {
    /// Makes the error for a target that could not be opened.
    pub(in crate::store) fn of_target(failure: StoreError) -> Self {
        match failure {
            StoreError::Unreachable { flag, cause } => MigrationError::NoTarget {
                flag: if flag == "--store" { "--to" } else { flag },
                cause,
            },
            other => other.into(),
        }
    }
}
