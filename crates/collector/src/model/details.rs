//! `details`: the free-form part of an account or a user.

use serde_json::{Map, Value};

use super::{
    change::{Change, Precedence},
    read_value,
};

/// Largest `details` of one account or user, in bytes of JSON. Every
/// identification adds to them, so without a bound they would grow for ever.
pub const MAX_DETAILS_BYTES: usize = 64 * 1024;

/// Merges `changes` into `stored` key by key; `null` removes a key. Returns
/// false, and changes nothing, when the result would be too large.
pub fn merge_details(
    stored: &mut Map<String, Value>,
    changes: Map<String, Value>,
    precedence: Precedence,
) -> bool {
    let mut merged = stored.clone();
    for (key, value) in changes {
        match precedence {
            Precedence::Newer if value.is_null() => {
                merged.remove(&key);
            }
            Precedence::Newer => {
                merged.insert(key, value);
            }
            Precedence::Older => {
                if !value.is_null() {
                    merged.entry(key).or_insert(value);
                }
            }
        }
    }
    let bytes = serde_json::to_string(&merged).map_or(usize::MAX, |json| json.len());
    let fits = bytes <= MAX_DETAILS_BYTES;
    if fits {
        *stored = merged;
    }
    fits
}

/// Names of the fields that changes clear: those of `own` that are marked, and
/// the details that are null.
pub(super) fn cleared_fields(own: &[(&str, bool)], details: &Map<String, Value>) -> Vec<String> {
    let own = own.iter().filter(|(_, is_cleared)| *is_cleared);
    let details = details.iter().filter(|(_, value)| value.is_null());
    own.map(|(field, _)| (*field).to_owned())
        .chain(details.map(|(field, _)| field.clone()))
        .collect()
}

/// Takes a field out of the details of an identification when its value has
/// the right type. Any other value stays in the details.
pub(super) fn take_field<T>(
    details: &mut Map<String, Value>,
    field: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Change<T> {
    match details.get(field).and_then(read) {
        Some(value) => {
            details.remove(field);
            Change::Set(value)
        }
        None => Change::Keep,
    }
}

/// Reads a text that an identification may set: trimmed, not empty, and not
/// longer than an id.
pub(super) fn short_text(value: &Value) -> Option<String> {
    read_value::short_text(value).filter(|text| !text.is_empty())
}
