//! Events that a client sends as a form.

use serde_json::{Map, Value};

/// Reads a line that is a form, such as `account_id=7&action=feature`: a public
/// Ruby client sends its hashes so, with a JSON content type. All values are
/// strings; `details[plan]=gold` is a field of an object. `None` when the line is
/// no form of an event.
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
    // Any text is a form of some kind; that of an event names an action.
    fields.contains_key("action").then_some(fields)
}
