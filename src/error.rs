//! The errors and problems that the tracker reports to `onError` and the developer.

mod problem;

use std::fmt;

use natero_engine::Reason;

pub use problem::{CHECK_KEYS, NO_TIMERS, Problem, UnreachableCause, explained};

/// Why `onError` was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// A call or a setting was refused.
    InvalidArgument,
    /// The collector does not know the keys.
    Unauthorized,
    /// The collector has taken nothing for a minute. The events are kept.
    Unreachable,
    /// Events will not be delivered.
    Lost(Reason),
    /// The wasm could not be loaded. The tracker is off.
    LoadFailed,
    /// The tracker failed and is off.
    Failed,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [ErrorCode; 10] = [
        ErrorCode::InvalidArgument,
        ErrorCode::Unauthorized,
        ErrorCode::Unreachable,
        ErrorCode::Lost(Reason::BeforeSend),
        ErrorCode::Lost(Reason::Identity),
        ErrorCode::Lost(Reason::Overflow),
        ErrorCode::Lost(Reason::Rejected),
        ErrorCode::Lost(Reason::TooLarge),
        ErrorCode::LoadFailed,
        ErrorCode::Failed,
    ];

    /// The stable name, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            ErrorCode::InvalidArgument => "invalid_argument",
            ErrorCode::Unauthorized => "unauthorized",
            ErrorCode::Unreachable => "unreachable",
            ErrorCode::Lost(reason) => reason_name(reason),
            ErrorCode::LoadFailed => "load_failed",
            ErrorCode::Failed => "failed",
        }
    }
}

/// The name of a reason, in `stats().dropped` and as an error code.
pub const fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Consent => "consent",
        Reason::Disabled => "disabled",
        Reason::BeforeSend => "before_send",
        Reason::Identity => "identity",
        Reason::Overflow => "overflow",
        Reason::Rejected => "rejected",
        Reason::TooLarge => "too_large",
    }
}

/// Why a [`Tracker`](crate::Tracker) could not be made, or refused a call.
///
/// A refused call changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrackerError {
    /// One of the two keys of the source is not a valid id.
    InvalidKey {
        /// `apiKey` or `authKey`.
        key: &'static str,
        /// Describes what was passed instead.
        got: String,
    },
    /// A setting has an invalid value.
    InvalidSetting {
        /// Its name in the table of settings.
        setting: &'static str,
        /// Describes a valid value.
        expected: String,
        /// Describes the value that was passed.
        got: String,
    },
    /// An argument of a call has an invalid value.
    InvalidArgument {
        /// The method, by its name in the Natero JS library.
        method: &'static str,
        /// The argument.
        argument: &'static str,
        /// Describes a valid value.
        expected: String,
        /// Describes the value that was passed.
        got: String,
    },
    /// The tracker was shut down. Make a new one.
    ShutDown {
        /// The method that was called.
        method: &'static str,
    },
    /// The call came from within `before_send`, where it would record events without end.
    InBeforeSend {
        /// The method that was called.
        method: &'static str,
    },
    /// The call came from a replaced console that was printing a line of `debug`. It
    /// would lead to further lines and calls without end. The refusal is neither reported
    /// nor counted. `opt_out` and `shutdown` work even there.
    InDebugLine {
        /// The method that was called.
        method: &'static str,
    },
    /// The call is nested too deeply: calls of the tracker ran code of the page, which
    /// called the tracker, and so on. More of them would exhaust the stack. `opt_out` and
    /// `shutdown` work even there.
    TooDeep {
        /// The method that was called.
        method: &'static str,
    },
    /// The tracker failed earlier and reported that. It is off.
    Failed,
}

impl TrackerError {
    /// The error for a setting, with a description of a valid value and of the given one.
    #[cfg(feature = "browser")]
    pub(crate) fn setting(setting: &'static str, expected: &str, got: &str) -> TrackerError {
        TrackerError::InvalidSetting {
            setting,
            expected: expected.to_owned(),
            got: crate::settings::rules::quoted(got),
        }
    }

    /// The stable name, for programs. `on_error` gets the same name.
    pub const fn code(&self) -> &'static str {
        match self {
            TrackerError::InvalidKey { .. }
            | TrackerError::InvalidSetting { .. }
            | TrackerError::InvalidArgument { .. }
            | TrackerError::ShutDown { .. }
            | TrackerError::InBeforeSend { .. }
            | TrackerError::InDebugLine { .. }
            | TrackerError::TooDeep { .. } => ErrorCode::InvalidArgument.code(),
            TrackerError::Failed => ErrorCode::Failed.code(),
        }
    }
}

impl TrackerError {
    /// The text that [`Display`](fmt::Display) writes. It is a function of its own,
    /// because formatting takes more code than everything else here.
    pub(crate) fn message(&self) -> String {
        match self {
            TrackerError::InvalidKey { key, got } => [
                "new na: ",
                key,
                " must be a string of 1 to 256 characters; got ",
                got,
                ". The tracker is off: pass the two keys of your source, new na(apiKey, authKey, settings).",
            ]
            .concat(),
            TrackerError::InvalidSetting {
                setting,
                expected,
                got,
            } => [
                "new na: ",
                setting,
                " must be ",
                expected,
                "; got ",
                got,
                ".",
            ]
            .concat(),
            TrackerError::InvalidArgument {
                method,
                argument,
                expected,
                got,
            } => [
                method,
                ": ",
                argument,
                " must be ",
                expected,
                "; got ",
                got,
                ". The call was ignored.",
            ]
            .concat(),
            TrackerError::ShutDown { method } => [
                method,
                ": the tracker was shut down. Make a new one. The call was ignored.",
            ]
            .concat(),
            TrackerError::InBeforeSend { method } => [
                method,
                ": a call from within beforeSend. The call was ignored.",
            ]
            .concat(),
            TrackerError::InDebugLine { method } => [
                method,
                ": a call from within the console, of a line that debug prints. The call was ignored.",
            ]
            .concat(),
            TrackerError::TooDeep { method } => [
                method,
                ": a call from within several others, each made by what the one before reads or calls. The call was ignored.",
            ]
            .concat(),
            TrackerError::Failed => "The tracker failed and is off.".to_owned(),
        }
    }
}

impl fmt::Display for TrackerError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.message())
    }
}

impl std::error::Error for TrackerError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_argument_names_method_argument_and_what_to_pass() {
        let error = TrackerError::InvalidArgument {
            method: "setUserId",
            argument: "userId",
            expected: "a string".into(),
            got: "an empty string".into(),
        };
        assert_eq!(
            error.to_string(),
            "setUserId: userId must be a string; got an empty string. The call was ignored."
        );
        assert_eq!(error.code(), "invalid_argument");
    }
}
