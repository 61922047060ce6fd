//! Random values that a schema allows, and values that almost fit.

use proptest::{prelude::*, sample::select, string::string_regex};
use serde_json::{Map, Value, json};

/// Few names, so that requests refer to the same accounts and users again.
const NAMES: [&str; 8] = [
    "acme",
    "acme-north",
    "a/b?c#d",
    "<script>",
    "é💡",
    "..",
    "0",
    "EUR",
];

const TIME_ZONES: [&str; 4] = ["UTC", "America/New_York", "Asia/Kathmandu", "Europe/Zurich"];

/// The schema that a reference leads to, or the schema itself.
pub fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).expect("leads somewhere"),
        None => schema,
    }
}

/// A value that the schema allows.
pub fn allowed(document: &Value, schema: &Value) -> BoxedStrategy<Value> {
    let schema = resolved(document, schema);
    let one_of = |schemas: Vec<Value>| {
        let each = schemas.iter().map(|schema| allowed(document, schema));
        proptest::strategy::Union::new(each.collect::<Vec<_>>()).boxed()
    };
    if let Some(choices) = schema["anyOf"].as_array() {
        return one_of(choices.clone());
    }
    if let Some(values) = schema["enum"].as_array() {
        return select(values.clone()).boxed();
    }
    match &schema["type"] {
        Value::Array(types) => one_of(
            types
                .iter()
                .map(|each| {
                    let mut schema = schema.clone();
                    schema["type"] = each.clone();
                    schema
                })
                .collect(),
        ),
        Value::String(kind) => match kind.as_str() {
            "null" => Just(Value::Null).boxed(),
            "boolean" => any::<bool>().prop_map(Value::from).boxed(),
            "string" => text(schema),
            "integer" => whole(schema),
            "number" => prop_oneof![whole(schema), fraction(schema)].boxed(),
            "array" => {
                let least = schema["minItems"].as_u64().unwrap_or(0) as usize;
                let items = allowed(document, &schema["items"]);
                proptest::collection::vec(items, least..least + 5)
                    .prop_map(Value::from)
                    .boxed()
            }
            "object" => object(document, schema),
            other => panic!("no values of type {other}"),
        },
        _ => anything().boxed(),
    }
}

fn text(schema: &Value) -> BoxedStrategy<Value> {
    if schema["format"] == "iana-time-zone" {
        return select(&TIME_ZONES[..]).prop_map(Value::from).boxed();
    }
    if let Some(pattern) = schema["pattern"].as_str()
        && pattern.starts_with('^')
    {
        let inner = pattern.trim_matches(['^', '$']);
        let matching = string_regex(inner).expect("a pattern that can be made");
        return matching.prop_map(Value::from).boxed();
    }
    // Names have a maximum length and start with a letter, so these always fit.
    prop_oneof![
        select(&NAMES[..]).prop_map(str::to_owned),
        "[^\\s\\p{C}]\\PC{0,20}",
    ]
    .prop_map(Value::from)
    .boxed()
}

fn whole(schema: &Value) -> BoxedStrategy<Value> {
    // The largest integer that every JSON reader represents exactly.
    const SAFE: f64 = 9_007_199_254_740_991.0;
    let least = schema["minimum"].as_f64().unwrap_or(-SAFE).max(-SAFE) as i64;
    let most = schema["maximum"].as_f64().unwrap_or(SAFE).min(SAFE) as i64;
    // Values close to 0, if the schema allows them.
    let near = least.max(-3).min(most)..=most.min(3).max(least);
    prop_oneof![near, least..=most, select(vec![least, most])]
        .prop_map(Value::from)
        .boxed()
}

fn fraction(schema: &Value) -> BoxedStrategy<Value> {
    let least = schema["minimum"].as_f64().unwrap_or(-1e15);
    let most = schema["maximum"].as_f64().unwrap_or(1e15);
    (least..most).prop_map(Value::from).boxed()
}

fn object(document: &Value, schema: &Value) -> BoxedStrategy<Value> {
    let required: Vec<_> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let mut fields = Just(Map::new()).boxed();
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        let is_required = required.iter().any(|each| *each == name);
        let value = if is_required {
            allowed(document, of).prop_map(Some).boxed()
        } else {
            proptest::option::of(allowed(document, of)).boxed()
        };
        let name = name.clone();
        fields = (fields, value)
            .prop_map(move |(mut fields, value)| {
                fields.extend(value.map(|value| (name.clone(), value)));
                fields
            })
            .boxed();
    }
    let further = proptest::option::weighted(0.3, ("x[a-z]{1,5}", anything()));
    (fields, further)
        .prop_map(|(mut fields, further)| {
            fields.extend(further);
            Value::Object(fields)
        })
        .boxed()
}

/// Any JSON value of limited depth.
pub fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(
            &[
                "",
                " ",
                "\0",
                "1e999",
                "acme",
                "\u{202e}x",
                "'; DROP TABLE events; --"
            ][..]
        )
        .prop_map(Value::from),
        ".{0,300}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec(("[a-z_]{0,12}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// `value` with one change: a part is replaced or removed.
pub fn spoiled(value: Value) -> impl Strategy<Value = Value> {
    let parts = pointers(&value, String::new());
    (select(parts), proptest::option::weighted(0.7, anything())).prop_map(
        move |(pointer, replacement)| {
            let mut spoiled = value.clone();
            match (replacement, pointer.rsplit_once('/')) {
                (None, Some((parent, name))) => {
                    if let Some(Value::Object(fields)) = spoiled.pointer_mut(parent) {
                        fields.remove(&name.replace("~1", "/").replace("~0", "~"));
                    }
                }
                (replacement, _) => {
                    if let Some(part) = spoiled.pointer_mut(&pointer) {
                        *part = replacement.unwrap_or(json!(null));
                    }
                }
            }
            spoiled
        },
    )
}

fn pointers(value: &Value, at: String) -> Vec<String> {
    let mut found = vec![at.clone()];
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                found.extend(pointers(value, format!("{at}/{name}")));
            }
        }
        Value::Array(items) => {
            for (no, value) in items.iter().enumerate() {
                found.extend(pointers(value, format!("{at}/{no}")));
            }
        }
        _ => {}
    }
    found
}
