use super::{MAX_DURATION_MS, MAX_LINE_BYTES};

/// Why a line was refused. The message says what to send instead.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LineError {
    /// Not JSON at all.
    #[error("not JSON ({0}); send one JSON object a line")]
    NotJson(String),
    /// A JSON array, as other APIs take it.
    #[error("a JSON array; send its elements as one JSON object a line")]
    Array,
    /// JSON, but a bare string, number, boolean or null.
    #[error("JSON, but not an object; send one JSON object a line")]
    NotAnObject,
    /// Longer than a line may be.
    #[error("the line has {bytes} bytes; send at most {MAX_LINE_BYTES}")]
    TooLong {
        /// Length of the line.
        bytes: usize,
    },
    /// A field that the event cannot be counted without.
    #[error("`{0}` is missing; every event of this action needs it")]
    Missing(&'static str),
    /// A field of the contract with a value that it cannot have.
    #[error("`{field}` must be {expected}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A duration that no clock measures.
    #[error("`{0}` must be at most {MAX_DURATION_MS} ms (one year)")]
    TooLongDuration(&'static str),
    /// Made more than a day ahead of the receiver's clock.
    #[error(
        "`created_at` {at} is more than 24 h in the future; send ms since the Unix epoch, and set the sender's clock"
    )]
    InTheFuture {
        /// The refused time.
        at: i64,
    },
}

impl LineError {
    /// Stable name of the kind of error, for counters and tests.
    pub fn code(&self) -> &'static str {
        match self {
            LineError::NotJson(_) => "not_json",
            LineError::Array => "array",
            LineError::NotAnObject => "not_an_object",
            LineError::TooLong { .. } => "line_too_long",
            LineError::Missing(_) => "missing_field",
            LineError::Invalid { .. } => "invalid_field",
            LineError::TooLongDuration(_) => "duration_too_long",
            LineError::InTheFuture { .. } => "in_the_future",
        }
    }

    /// Whether the line was at least a JSON object, so that the sender speaks
    /// the format and only this event is wrong.
    pub fn is_readable(&self) -> bool {
        !matches!(
            self,
            LineError::NotJson(_) | LineError::Array | LineError::NotAnObject
        )
    }
}
