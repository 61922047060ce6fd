//! The wrappers that clients put around the records of a body.

use serde_json::{Map, Value};

use super::record::RecordError;

/// The fields that may stand next to `data`, because clients send them separately from a
/// record. All other fields belong within it.
const BESIDE_DATA: [&str; 6] = ["account_id", "user_id", "id", "date", "move", "is_deleted"];

/// Reads one record: bare, under `data`, in a list of one, or as JSON within a string. An
/// `api_key` in it is a credential and not a field.
///
/// # Errors
/// When the body holds no record, or several.
pub fn single(body: Value) -> Result<Value, RecordError> {
    match parsed(body) {
        Value::Array(mut records) if records.len() == 1 => of_list(records.remove(0)),
        Value::Array(_) => Err(RecordError::NotOne),
        record => of_list(record),
    }
}

/// Reads one record of a list: bare, under `data`, or as JSON within a string.
///
/// # Errors
/// As [`single`].
pub fn of_list(record: Value) -> Result<Value, RecordError> {
    match parsed(record) {
        Value::Object(fields) => unwrapped(fields),
        // The reader of the record reports the error.
        other => Ok(other),
    }
}

/// Takes the record out of `data`, and adds the fields next to it.
fn unwrapped(mut fields: Map<String, Value>) -> Result<Value, RecordError> {
    fields.remove("api_key");
    let Some(data) = fields.remove("data") else {
        return Ok(Value::Object(fields));
    };
    let mut record = match parsed(data) {
        Value::Object(record) => record,
        Value::Array(mut records) if records.len() == 1 && records[0].is_object() => {
            match records.pop() {
                Some(Value::Object(record)) => record,
                _ => return Err(RecordError::NotOne),
            }
        }
        Value::Array(_) => return Err(RecordError::NotOne),
        // If `data` is a number or a text, it is an ordinary field with that name.
        data => {
            fields.insert("data".to_owned(), data);
            return Ok(Value::Object(fields));
        }
    };
    record.remove("api_key");
    for (name, value) in fields {
        if !BESIDE_DATA.contains(&name.as_str()) {
            return Err(RecordError::BesideData(name));
        }
        match record.get(&name) {
            None | Some(Value::Null) => {
                record.insert(name, value);
            }
            Some(within) if *within == value => {}
            Some(_) => return Err(RecordError::SaidTwice(name)),
        }
    }
    Ok(Value::Object(record))
}

/// The fields that identify accounts and users.
const IDS: [&str; 2] = ["account_id", "user_id"];

/// Reads many records: a list, a list or single record under `records` or `data`, or a bare
/// record, which is recognised by its id. `None` for a body of any other shape.
pub fn many(body: Value) -> Option<Vec<Value>> {
    match parsed(body) {
        Value::Array(records) => Some(records),
        Value::Object(mut fields) => {
            if let Some(records) = fields.remove("records") {
                return listed(records);
            }
            let Some(data) = fields.remove("data") else {
                let is_record = IDS.iter().any(|id| fields.contains_key(*id));
                return is_record.then(|| vec![Value::Object(fields)]);
            };
            match parsed(data) {
                Value::Object(mut inner) if inner.contains_key("records") => {
                    listed(inner.remove("records")?)
                }
                // Fields next to a single record belong to it.
                record @ Value::Object(_) => {
                    fields.insert("data".to_owned(), record);
                    Some(vec![Value::Object(fields)])
                }
                Value::Array(records) => Some(records),
                _ => None,
            }
        }
        _ => None,
    }
}

fn listed(records: Value) -> Option<Vec<Value>> {
    match parsed(records) {
        Value::Array(records) => Some(records),
        record @ Value::Object(_) => Some(vec![record]),
        _ => None,
    }
}

/// Parses a string that contains a JSON object or list: clients that build forms send JSON as
/// a string.
fn parsed(value: Value) -> Value {
    let Value::String(text) = &value else {
        return value;
    };
    match serde_json::from_str(text) {
        Ok(inner @ (Value::Object(_) | Value::Array(_))) => inner,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_found_wherever_a_client_puts_it() {
        let bare = json!({"account_id": "x", "name": "N"});
        for body in [
            bare.clone(),
            json!([bare]),
            json!({"account_id": "x", "name": "N", "api_key": "k"}),
            json!({"data": bare}),
            json!({"data": [bare]}),
            json!({"data": bare.to_string()}),
            json!({"data": bare, "api_key": "k", "account_id": "x"}),
            json!({"data": {"name": "N"}, "account_id": "x"}),
            json!({"data": {"name": "N", "account_id": null}, "account_id": "x"}),
            json!(bare.to_string()),
        ] {
            assert_eq!(single(body.clone()).as_ref(), Ok(&bare), "{body}");
        }
        let text = json!({"name": "N", "data": "2 GB"});
        assert_eq!(single(text.clone()), Ok(text), "a field that is called so");
    }

    #[test]
    fn what_could_be_meant_in_two_ways_is_refused() {
        for (body, message) in [
            (json!({"data": {"name": "N"}, "tier": "gold"}), "`tier`"),
            (
                json!({"data": {"account_id": "x"}, "account_id": "y"}),
                "`account_id`",
            ),
            (json!({"data": [{}, {}]}), "one record"),
            (json!({"data": []}), "one record"),
            (json!([{}, {}]), "one record"),
        ] {
            let error = single(body.clone()).unwrap_err().to_string();
            assert!(error.contains(message), "{body}: {error}");
        }
    }

    #[test]
    fn many_records_come_in_a_list_of_any_name() {
        let list = vec![json!({"a": 1}), json!({"b": 2})];
        for body in [
            json!(list),
            json!({"records": list}),
            json!({"data": list}),
            json!({"data": {"records": list}}),
            json!({"data": json!(list).to_string(), "api_key": "k"}),
        ] {
            assert_eq!(many(body.clone()), Some(list.clone()), "{body}");
        }
        assert_eq!(
            many(json!({"records": {"a": 1}})),
            Some(vec![json!({"a": 1})])
        );
        let wrapped = json!({"data": {"a": 1}, "account_id": "x"});
        assert_eq!(many(wrapped.clone()), Some(vec![wrapped]));
        let nested = json!([{"a": 1}]);
        assert_eq!(of_list(nested.clone()), Ok(nested), "a list is no record");
        assert_eq!(many(json!({"a": 1})), None);
        for bare in [json!({"account_id": "x", "a": 1}), json!({"user_id": 7})] {
            assert_eq!(many(bare.clone()), Some(vec![bare]));
        }
        assert_eq!(many(json!({"records": 7})), None);
    }
}
