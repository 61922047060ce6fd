//! Events that a client sends as form data.

use serde_json::{Map, Value};

/// Most brackets in the name of a field. Objects that are nested more deeply are not events.
const MAX_BRACKETS: usize = 64;

/// Reads a line of form data, such as `account_id=7&action=feature`. A public Ruby client
/// sends its hashes like this, with a JSON content type. All values are strings.
/// `details[plan]=gold` is a field of an object, and each `tags[]=a` an item of a list.
/// `None` when the line is not an event in this form.
pub(super) fn object(line: &[u8]) -> Option<Map<String, Value>> {
    let mut fields = Value::Object(Map::new());
    for (name, value) in form_urlencoded::parse(line.trim_ascii()) {
        put(&mut fields, &path(&name)?, Value::from(value.into_owned()))?;
    }
    // Any text can be read as form data. An event is recognised by its action.
    match fields {
        Value::Object(fields) if fields.contains_key("action") => Some(fields),
        _ => None,
    }
}

/// The parts of a name: `details[address][city]` has three. A name whose brackets do not match
/// is one part. `None` if there are too many.
fn path(name: &str) -> Option<Vec<&str>> {
    let brackets = (name.strip_suffix(']')).and_then(|name| name.split_once('['));
    let Some((outer, inner)) = brackets.filter(|(outer, _)| !outer.is_empty()) else {
        return Some(vec![name]);
    };
    let parts: Vec<_> = std::iter::once(outer).chain(inner.split("][")).collect();
    (parts.len() <= MAX_BRACKETS).then_some(parts)
}

/// Puts a value at a path. An empty part appends to a list. `None` if there is something else at
/// the path already.
fn put(at: &mut Value, path: &[&str], value: Value) -> Option<()> {
    let Some((part, rest)) = path.split_first() else {
        *at = value;
        return Some(());
    };
    if part.is_empty() {
        if at.is_null() {
            *at = Value::Array(Vec::new());
        }
        let items = at.as_array_mut()?;
        // `users[][name]=a&users[][age]=1` describes one item, until a name occurs again.
        let continues = match (items.last(), rest.first()) {
            (Some(Value::Object(last)), Some(next)) => !last.contains_key(*next),
            _ => false,
        };
        if !continues {
            items.push(Value::Null);
        }
        return put(items.last_mut()?, rest, value);
    }
    if at.is_null() {
        *at = Value::Object(Map::new());
    }
    let field = at.as_object_mut()?.entry(*part).or_insert(Value::Null);
    put(field, rest, value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(line: &str) -> Option<Value> {
        object(format!("action=feature&{line}").as_bytes()).map(|mut fields| {
            fields.remove("action");
            Value::Object(fields)
        })
    }

    #[test]
    fn brackets_nest_objects_and_lists() {
        assert_eq!(
            read("details[plan]=g&details[address][city]=Bern&details[tags][]=x&details[tags][]=y"),
            Some(json!({
                "details": {"plan": "g", "address": {"city": "Bern"}, "tags": ["x", "y"]},
            }))
        );
        assert_eq!(
            read("a[users][][name]=x&a[users][][age]=1&a[users][][name]=y"),
            Some(json!({"a": {"users": [{"name": "x", "age": "1"}, {"name": "y"}]}}))
        );
        assert_eq!(read("a[]=1&a[]=2"), Some(json!({"a": ["1", "2"]})));
    }

    #[test]
    fn a_name_whose_brackets_do_not_match_is_a_name() {
        for name in ["[a]", "a[b", "a]"] {
            assert_eq!(read(&format!("{name}=1")), Some(json!({ name: "1" })));
        }
    }

    #[test]
    fn what_contradicts_itself_or_is_nested_too_deeply_is_no_event() {
        for line in ["a=1&a[b]=2", "a[]=1&a[b]=2", "a[b]=1&a[]=2"] {
            assert_eq!(read(line), None, "{line}");
        }
        let deep = |brackets: usize| format!("a{}=1", "[b]".repeat(brackets));
        assert!(read(&deep(MAX_BRACKETS - 1)).is_some());
        assert_eq!(read(&deep(MAX_BRACKETS)), None);
        assert_eq!(read(&deep(20_000)), None);
    }
}
