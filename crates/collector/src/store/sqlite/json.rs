//! JSON objects in text columns.

use serde::Serialize;
use serde_json::{Map, Value};

/// Parses an object that the collector itself wrote.
pub(super) fn object(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Writes an object.
pub(super) fn text(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).unwrap_or_default()
}

/// Writes a value.
pub(super) fn write<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A text as a JSON literal, to search for it in a column.
pub(super) fn quoted(text: &str) -> String {
    write(&text)
}
