//! Selecting stored events, and the formats in which they are written.

use std::io;

use serde_json::Value;

use crate::model::usage::Span;

/// Restricts the events that are read.
#[derive(Debug, Clone)]
pub struct EventFilter {
    /// The span in which they were made.
    pub span: Span,
    /// Only events that name this account.
    pub account_id: Option<String>,
}

/// The format in which events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One JSON object per line, as the Event API takes it
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
    /// A row of CSV could not be made.
    #[error("writing: {0}")]
    Csv(csv::Error),
}

impl From<csv::Error> for ExportError {
    fn from(cause: csv::Error) -> Self {
        if !cause.is_io_error() {
            return ExportError::Csv(cause);
        }
        match cause.into_kind() {
            csv::ErrorKind::Io(cause) => ExportError::Io(cause),
            other => ExportError::Io(io::Error::other(format!("{other:?}"))),
        }
    }
}

/// Text columns of the Event API, in the order of output.
pub(in crate::store) const TEXT: [&str; 13] = [
    "event_id",
    "account_id",
    "user_id",
    "session_id",
    "action",
    "feature",
    "module",
    "product",
    "visitor_id",
    "stream_id",
    "url",
    "title",
    "referrer",
];
/// Numeric columns of the Event API.
pub(in crate::store) const NUMBERS: [&str; 5] = [
    "created_at",
    "total",
    "time_spent",
    "active_duration",
    "seq",
];
/// Columns that the collector adds.
pub(in crate::store) const ADDED: [&str; 2] = ["received_at", "set_aside"];

/// A JSON number; a whole one is written without a fraction.
pub(in crate::store) fn number_of(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        (number as i64).into()
    } else {
        number.into()
    }
}
