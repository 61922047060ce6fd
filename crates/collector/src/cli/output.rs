//! Standard output and standard error.

use std::io::{self, ErrorKind, Write};

use tracing_subscriber::{
    filter::LevelFilter,
    fmt::{
        SubscriberBuilder,
        format::{DefaultFields, Format},
    },
};

use super::error::CliError;

/// Prints the lines of a result. It is no error when the reader has closed the pipe because it has
/// read enough, as `| head` does.
///
/// # Errors
/// When standard output cannot be written, for example because the disk is full.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    match print_all(text) {
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(CliError::Output),
    }
}

/// Prints lines that somebody has to see.
///
/// # Errors
/// When standard output cannot be written, or nobody reads it.
pub(super) fn print_all(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Prints a line for people to standard error. Unlike `eprintln!`, it does not panic when nobody
/// can read it.
pub(super) fn print_status(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// A log to standard error. It does not panic when nobody can read it either: the collector keeps
/// running when the disk of its log is full, or when the terminal closes.
pub(super) fn log() -> SubscriberBuilder<DefaultFields, Format, LevelFilter, fn() -> io::Stderr> {
    tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_writer(io::stderr as fn() -> io::Stderr)
}
