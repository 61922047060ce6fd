//! Why a command failed.

use crate::{
    config::ChoiceError, model::usage::ReversedSpan, server::ServeError, store::StoreError,
};

/// Why a command failed, in words for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The database cannot be opened.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The flags choose no store.
    #[error("{0}")]
    Choice(#[from] ChoiceError),
    /// `--from` is after `--to`.
    #[error("{0}")]
    Span(#[from] ReversedSpan),
    /// The server cannot start.
    #[error("{0}")]
    Serve(#[from] ServeError),
    /// Moving a store into another failed or is incomplete.
    #[error("{0}")]
    Migration(#[from] crate::store::migration::MigrationError),
    /// A socket or a file failed.
    #[error("{what}: {cause}")]
    Io {
        /// What the command was doing.
        what: String,
        /// The error of the operating system.
        cause: std::io::Error,
    },
    /// The result cannot be printed.
    #[error("the command is done, but its result cannot be written to standard output: {0}")]
    Output(std::io::Error),
    /// A new key cannot be printed.
    #[error("{id} cannot be written to standard output: {cause}; {outcome}")]
    KeyNotShown {
        /// The id of the key.
        id: String,
        /// The error of the operating system.
        cause: std::io::Error,
        /// What became of the key.
        outcome: String,
    },
    /// The operating system has no random numbers for a new key.
    #[error("no random numbers for a key: {0}")]
    Random(#[from] getrandom::Error),
    /// A value that cannot be used, or a check that failed.
    #[error("{0}")]
    Usage(String),
}
