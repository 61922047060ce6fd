//! Events that a client sends as form data.

use serde_json::{Map, Value};

/// Reads a line of form data, such as `account_id=7&action=feature`. A public Ruby client
/// sends its hashes like this, with a JSON content type. All values are strings;
/// `details[plan]=gold` is a field of an object. `None` when the line is not an event in
/// this form.
pub(super) fn object(line: &[u8]) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(line.trim_ascii()) {
        let value = Value::from(value.into_owned());
        match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((outer, inner)) if !outer.is_empty() && !inner.is_empty() => {
                let object = fields
                    .entry(outer.to_owned())
                    .or_insert_with(|| Value::Object(Map::new()));
                object.as_object_mut()?.insert(inner.to_owned(), value);
            }
            _ => {
                fields.insert(name.into_owned(), value);
            }
        }
    }
    // Any text can be read as form data. An event is recognised by its action.
    fields.contains_key("action").then_some(fields)
}
