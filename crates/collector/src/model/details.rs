//! `details`: the fields of an account or a user that have no fixed meaning.

use serde_json::{Map, Value};

use super::{
    change::{Change, Precedence},
    read_value,
};

/// Largest `details` of one account or user, in bytes of JSON. Every identification adds to
/// them, so without a limit they would grow for ever.
pub const MAX_DETAILS_BYTES: usize = 64 * 1024;

/// Whether a field has no value: `null`, or a text without letters. Clients that send forms
/// or CSV cannot send `null`.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Merges `changes` into `stored` key by key; an empty value removes a key. Returns
/// false, and changes nothing, when the result would be too large.
pub fn merge_details(
    stored: &mut Map<String, Value>,
    changes: Map<String, Value>,
    precedence: Precedence,
) -> bool {
    let mut merged = stored.clone();
    for (key, value) in changes {
        match precedence {
            Precedence::Newer if is_empty(&value) => {
                merged.remove(&key);
            }
            Precedence::Newer => {
                merged.insert(key, value);
            }
            Precedence::Older => {
                // Earlier versions stored empty texts.
                if !is_empty(&value) && merged.get(&key).is_none_or(is_empty) {
                    merged.insert(key, value);
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

/// Names of the fields that a change clears: those of `own` that are marked, and the empty
/// ones among `details`.
pub(super) fn cleared_fields(own: &[(&str, bool)], details: &Map<String, Value>) -> Vec<String> {
    let own = own.iter().filter(|(_, is_cleared)| *is_cleared);
    let details = details.iter().filter(|(_, value)| is_empty(value));
    own.map(|(field, _)| (*field).to_owned())
        .chain(details.map(|(field, _)| field.clone()))
        .collect()
}

/// Takes a field out of the details of an identification if its value has the right type.
/// Otherwise it stays in the details. So does an empty value, which clears the field: an earlier
/// value of another type may be stored among the details, and is removed with it.
pub(super) fn take_field<T>(
    details: &mut Map<String, Value>,
    field: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Change<T> {
    let Some(value) = details.get(field) else {
        return Change::Keep;
    };
    if is_empty(value) {
        return Change::Clear;
    }
    match read(value) {
        Some(value) => {
            details.remove(field);
            Change::Set(value)
        }
        None => Change::Keep,
    }
}

/// Reads a text that an identification may set: trimmed, not empty, and no longer than an id.
pub(super) fn short_text(value: &Value) -> Option<String> {
    read_value::short_text(value).filter(|text| !text.is_empty())
}
