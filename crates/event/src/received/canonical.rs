//! A canonical text for equal events.

use super::{form, numbers::numbers, surrogates::replace_lone_surrogates, text};
use serde_json::Value;

/// Writes a line in a canonical form, with sorted keys and without white space, so that
/// equal events have equal texts. `None` when the line is neither JSON nor a form.
///
/// If reading a line would lose something, the line stays as it is written, so that it
/// never gets the text of a different line. That applies to numbers with more digits than
/// a double has, half of a surrogate pair, and bytes that are not UTF-8.
pub fn canonical(line: &[u8]) -> Option<String> {
    // serde_json keeps the keys of objects sorted.
    if let Ok(value) = serde_json::from_slice::<Value>(line) {
        let is_whole = numbers(line).all(|number| number.is_exact());
        return Some(if is_whole {
            value.to_string()
        } else {
            as_written(line)
        });
    }
    if serde_json::from_slice::<Value>(&replace_lone_surrogates(line)).is_ok() {
        return Some(as_written(line));
    }
    let form = text(&form::object(line)?);
    let is_whole = !form.contains(char::REPLACEMENT_CHARACTER);
    Some(if is_whole { form } else { as_written(line) })
}

/// The line itself, with escapes for bytes that are not UTF-8.
fn as_written(line: &[u8]) -> String {
    match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        Err(_) => line.escape_ascii().to_string(),
    }
}
