//! Replaces the character NUL, which PostgreSQL cannot store in a text. With every kind of
//! store, `␀` replaces it on arrival, so that what is stored, found and migrated is the same.

use serde_json::Value;

/// The replacement for NUL.
pub const NUL: char = '\u{2400}';

/// NUL in a JSON text.
const ESCAPED: &str = "\\u0000";

/// The text with `␀` in place of each NUL.
pub fn without_nul(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', NUL.encode_utf8(&mut [0; 4]))
    } else {
        text
    }
}

/// The JSON value with `␀` in place of each NUL in its strings and keys.
pub fn value_without_nul(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_nul(text)),
        Value::Array(values) => values.into_iter().map(value_without_nul).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (without_nul(name), value_without_nul(value)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// The JSON text with `␀` in place of each NUL, and otherwise unchanged.
pub fn json_without_nul(json: String) -> String {
    if !json.contains(ESCAPED) {
        return json;
    }
    let mut clean = String::with_capacity(json.len());
    let mut rest = json.as_str();
    // In JSON, a backslash only occurs within a string, and escapes the next character.
    while let Some(at) = rest.find('\\') {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix(ESCAPED) {
            clean.push(NUL);
            rest = after;
        } else {
            let end = rest.chars().take(2).map(char::len_utf8).sum();
            clean.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nul_is_replaced_in_texts_names_and_json_alike() {
        assert_eq!(without_nul("a\0b\0".to_owned()), "a␀b␀");
        let value = json!({"a\0": ["\0", 1, null], "b": {"c": "x\0"}, "d": "plain"});
        let clean = json!({"a␀": ["␀", 1, null], "b": {"c": "x␀"}, "d": "plain"});
        assert_eq!(value_without_nul(value.clone()), clean);
        let json = json_without_nul(value.to_string());
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), clean);
    }

    #[test]
    fn json_stays_as_it_is_but_for_nul() {
        let json = r#"{"n":12345678901234567890, "w":"\\u0000","q":"\"\\\u0000\n","e":1e300}"#;
        let clean = r#"{"n":12345678901234567890, "w":"\\u0000","q":"\"\\␀\n","e":1e300}"#;
        assert_eq!(json_without_nul(json.to_owned()), clean);
    }
}
