//! Checks values against a schema, for the keywords that the document uses.

use natero_collector::model::calendar::Day;
use serde_json::Value;

use crate::generate::resolved;

/// The errors in `value`, each with its location; empty for a valid value.
///
/// # Panics
/// At an unknown keyword, so that none is ignored.
pub fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(document, schema, value, "", &mut faults);
    faults
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let schema = resolved(document, schema).as_object().expect("a schema");
    let mut refuse = |is_wrong: bool, why: String| {
        if is_wrong {
            faults.push(format!("{at}: {value} {why}"));
        }
    };
    for (keyword, said) in schema {
        let limit = said.as_f64().unwrap_or_default();
        let below = |number: f64| number < limit;
        let above = |number: f64| number > limit;
        let length = value.as_str().map(|text| text.chars().count() as f64);
        let items = value.as_array().map(|items| items.len() as f64);
        match keyword.as_str() {
            "description" | "format" | "default" => {}
            "type" => {
                let one = [said.clone()];
                let types = said.as_array().map_or(&one[..], Vec::as_slice);
                let fits = types.iter().any(|kind| is(value, kind.as_str().unwrap()));
                refuse(!fits, format!("is no {said}"));
            }
            "enum" => {
                let fits = said.as_array().unwrap().contains(value);
                refuse(!fits, format!("is none of {said}"));
            }
            "anyOf" => {
                let each = said.as_array().unwrap().iter();
                let fits = each
                    .map(|schema| self::faults(document, schema, value))
                    .any(|faults| faults.is_empty());
                refuse(!fits, format!("is none of {said}"));
            }
            "minimum" => refuse(
                value.as_f64().is_some_and(below),
                format!("is below {said}"),
            ),
            "maximum" => refuse(
                value.as_f64().is_some_and(above),
                format!("is above {said}"),
            ),
            "minLength" => refuse(length.is_some_and(below), format!("is shorter than {said}")),
            "maxLength" => refuse(length.is_some_and(above), format!("is longer than {said}")),
            "minItems" => refuse(items.is_some_and(below), format!("has fewer than {said}")),
            "pattern" => {
                let fits = value
                    .as_str()
                    .is_none_or(|text| match said.as_str().unwrap() {
                        r"\S" => text.chars().any(|c| !c.is_whitespace()),
                        "^[A-Za-z]{3}$" => {
                            text.len() == 3 && text.chars().all(|c| c.is_ascii_alphabetic())
                        }
                        r"^\s*$" => text.trim().is_empty(),
                        // The pattern of a day.
                        days if days.starts_with("^(19") => text.parse::<Day>().is_ok(),
                        other => panic!("the pattern {other} is not known here"),
                    });
                refuse(!fits, format!("does not match {said}"));
            }
            "required" => {
                for name in said.as_array().unwrap() {
                    let name = name.as_str().unwrap();
                    let is_there = !value.is_object() || value.get(name).is_some();
                    refuse(!is_there, format!("has no {name}"));
                }
            }
            "properties" | "items" => {}
            other => panic!("the keyword {other} is not known here"),
        }
    }
    if let (Some(of), Some(fields)) = (schema.get("properties"), value.as_object()) {
        for (name, of) in of.as_object().unwrap() {
            if let Some(value) = fields.get(name) {
                check(document, of, value, &format!("{at}/{name}"), faults);
            }
        }
    }
    if let (Some(of), Some(items)) = (schema.get("items"), value.as_array()) {
        for (no, value) in items.iter().enumerate() {
            check(document, of, value, &format!("{at}/{no}"), faults);
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other} is not known here"),
    }
}

#[test]
fn faults_are_found_wherever_they_are() {
    let document = serde_json::json!({"list": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["id"], "properties": {
            "id": {"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "integer", "maximum": 9}]},
            "name": {"type": ["string", "null"], "maxLength": 3},
        },
    }}});
    let schema = serde_json::json!({"$ref": "#/list"});
    let count = |value| faults(&document, &schema, &value).len();
    assert_eq!(
        count(serde_json::json!([{"id": "a", "name": null}, {"id": 9}])),
        0
    );
    assert_eq!(count(serde_json::json!([])), 1);
    assert_eq!(count(serde_json::json!({})), 1);
    assert_eq!(
        count(serde_json::json!([{"id": " "}, {"id": 10}, {"id": 0.5}, {}, 7])),
        5
    );
    assert_eq!(count(serde_json::json!([{"id": "a", "name": "long"}])), 1);
}
