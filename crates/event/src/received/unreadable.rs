//! Why a line that could not be parsed is rejected.

use serde::de::IgnoredAny;

use super::{LineError, numbers::numbers, surrogates::replace_lone_surrogates};

/// How deeply lists and objects may be nested. The parser stops there, so that a line
/// cannot exhaust the stack.
pub(super) const MAX_DEPTH: usize = 127;

/// Longest part of a number that a message shows, in characters. A number may have as
/// many digits as a line has bytes.
const MAX_SHOWN_DIGITS: usize = 40;

/// Distinguishes a line that is not JSON from JSON whose values cannot be represented. In
/// the second case the client uses the right format.
pub(super) fn reason(line: &[u8], error: &serde_json::Error) -> LineError {
    let line = replace_lone_surrogates(line);
    // Values that are skipped have no limits.
    let is_json =
        std::str::from_utf8(&line).is_ok() && serde_json::from_slice::<IgnoredAny>(&line).is_ok();
    if !is_json {
        return LineError::NotJson(error.to_string());
    }
    match line.trim_ascii_start().first() {
        Some(b'{') => {}
        Some(b'[') => return LineError::Array,
        _ => return LineError::NotAnObject,
    }
    match numbers(&line).find(|number| number.is_out_of_range()) {
        Some(number) => {
            let mut shown = number.text().to_owned();
            if shown.len() > MAX_SHOWN_DIGITS {
                shown.truncate(MAX_SHOWN_DIGITS);
                shown.push('…');
            }
            LineError::NumberOutOfRange(shown)
        }
        None => LineError::TooDeep,
    }
}
