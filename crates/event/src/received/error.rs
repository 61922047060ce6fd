//! Why a line is rejected.

use super::{MAX_DURATION_MS, MAX_LINE_BYTES, MAX_TOTAL, unreadable::MAX_DEPTH};

/// Why a line is rejected. The message says what to send instead.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LineError {
    /// The line is not JSON.
    #[error("not JSON ({0}); send one JSON object a line")]
    NotJson(String),
    /// The line is a JSON array, which other vendors' APIs accept.
    #[error("a JSON array; send its elements as one JSON object a line")]
    Array,
    /// The line is a JSON string, number, boolean or null.
    #[error("JSON, but not an object; send one JSON object a line")]
    NotAnObject,
    /// The line is JSON with a number that no double can hold.
    #[error("the number `{0}` is out of range; send numbers up to 1.7e308")]
    NumberOutOfRange(String),
    /// The line is JSON whose lists or objects are nested too deeply.
    #[error("lists and objects are nested too deeply; send at most {MAX_DEPTH} within each other")]
    TooDeep,
    /// The line is too long.
    #[error("the line has {bytes} bytes; send at most {MAX_LINE_BYTES}")]
    TooLong {
        /// Length of the line in bytes.
        bytes: usize,
    },
    /// A required field is missing.
    #[error("`{0}` is missing; every event of this action needs it")]
    Missing(&'static str),
    /// A field of the contract has an invalid value.
    #[error("`{field}` must be {expected}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// The values that are valid.
        expected: &'static str,
    },
    /// The duration is too long to be a measured time.
    #[error("`{0}` must be at most {MAX_DURATION_MS} ms (one day)")]
    TooLongDuration(&'static str),
    /// The `total` is negative, or more than a person can reach.
    #[error("`total` must be between 0 and {MAX_TOTAL}")]
    TotalOutOfRange,
    /// The event was made before the year 2000: the sender's clock is not set.
    #[error(
        "`created_at` {at} is before the year 2000; send ms since the Unix epoch, and set the sender's clock"
    )]
    TooEarly {
        /// The rejected time.
        at: i64,
    },
    /// The event was made more than a day after the receiver's time.
    #[error(
        "`created_at` {at} is more than 24 h in the future; send ms since the Unix epoch, and set the sender's clock"
    )]
    InTheFuture {
        /// The rejected time.
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
            LineError::NumberOutOfRange(_) => "number_out_of_range",
            LineError::TooDeep => "too_deep",
            LineError::TooLong { .. } => "line_too_long",
            LineError::Missing(_) => "missing_field",
            LineError::Invalid { .. } => "invalid_field",
            LineError::TooLongDuration(_) => "duration_too_long",
            LineError::TotalOutOfRange => "total_out_of_range",
            LineError::TooEarly { .. } => "too_early",
            LineError::InTheFuture { .. } => "in_the_future",
        }
    }

    /// The field that is missing or invalid, where there is one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            LineError::Missing(field)
            | LineError::Invalid { field, .. }
            | LineError::TooLongDuration(field) => Some(field),
            LineError::NotJson(_)
            | LineError::Array
            | LineError::NotAnObject
            | LineError::NumberOutOfRange(_)
            | LineError::TooDeep
            | LineError::TooLong { .. }
            | LineError::TotalOutOfRange
            | LineError::TooEarly { .. }
            | LineError::InTheFuture { .. } => None,
        }
    }

    /// Whether the line is a JSON object: the client uses the right format, and
    /// only this event is invalid.
    pub fn is_readable(&self) -> bool {
        !matches!(
            self,
            LineError::NotJson(_) | LineError::Array | LineError::NotAnObject
        )
    }
}
