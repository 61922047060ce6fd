//! Which stored events are read, and how they are written.

use std::io;

use crate::model::usage::Span;

/// Restricts the events that are read.
#[derive(Debug, Clone)]
pub struct EventFilter {
    /// The time at which they were made.
    pub span: Span,
    /// Only events that name this account.
    pub account_id: Option<String>,
}

/// The format in which events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object a line, as the Event API takes it
    Ndjson,
    /// Comma-separated values with a line of names
    Csv,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A statement failed.
    #[error("database: {0}")]
    Failed(String),
    /// Writing failed.
    #[error("writing: {0}")]
    Io(#[from] io::Error),
    /// Writing CSV failed.
    #[error("writing: {0}")]
    Csv(#[from] csv::Error),
}
