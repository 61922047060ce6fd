//! Messages for developers: what was wrong, where, and what to do.

use crate::{Arg, Report};

/// Appends all parts. Stands in for `format!`, which brings KBs with it.
pub(crate) fn text(parts: &[&str]) -> String {
    let mut out = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        out.push_str(part);
    }
    out
}

/// A refused call: the method, the argument, what to pass, what came.
pub(crate) fn refused(method: &str, argument: &str, expected: &str, got: &str) -> Report {
    Report {
        code: "invalid_argument",
        message: text(&[
            method,
            ": ",
            argument,
            " must be ",
            expected,
            "; got ",
            got,
            ". The call was ignored.",
        ]),
        dropped: 0,
        warning: false,
    }
}

/// What an argument is, for a message.
pub(crate) fn describe<'a>(arg: Arg<'a>) -> &'a str {
    match arg {
        Arg::Absent => "nothing",
        Arg::Null => "null",
        Arg::Text("") => "an empty string",
        Arg::Text(_) => "a longer string",
        Arg::Wrong(what) => what,
    }
}
