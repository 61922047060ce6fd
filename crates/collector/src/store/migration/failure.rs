//! Why nothing is moved, or not all of it.

use crate::store::error::StoreError;

/// Why nothing is moved, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// One of the stores failed. What was moved stays, and the same command goes on.
    #[error("{0}; run the same command again to go on")]
    Store(#[from] StoreError),
    /// There is no file that could be moved.
    #[error("--from: {path} {cause}; name the file that the collector uses")]
    NoSource {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// A server of the target cannot be reached, or lets nobody in.
    #[error("{flag}: {cause}")]
    NoTarget {
        /// The flag of the command that names the server.
        flag: &'static str,
        /// What it said, without any password.
        cause: String,
    },
    /// A collector uses the file.
    #[error(
        "{0} is in use; stop its collector first, or move a copy that `natero-collector backup` makes"
    )]
    InUse(String),
    /// The target has data that does not come from here.
    #[error(
        "the target has data already ({0}); name an empty database, since nothing is mixed or replaced"
    )]
    NotEmpty(String),
    /// The target has a part of another file, or of this one before it was changed.
    #[error(
        "the target has a part of another file, or of this one as it was before a collector changed it; drop both databases of the target and begin anew"
    )]
    Changed,
    /// The same target is being filled.
    #[error("another `natero-collector migrate` fills this target")]
    Busy,
    /// One end of the move is gone.
    #[error("the move broke off; run the same command again to go on")]
    Broken,
    /// Some figures would not be the same.
    #[error(
        "{count} answers differ, so no key was moved and nothing can be sent to the target yet; if the figures of the file are wrong, `natero-collector rebuild` mends them:\n{list}"
    )]
    Differs {
        /// Number of them.
        count: usize,
        /// The first of them, one a line.
        list: String,
    },
}

impl MigrationError {
    /// The failure of opening the target.
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
