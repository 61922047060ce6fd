//! What public sources say about an account or a user.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::details::MAX_DETAILS_BYTES;

/// The fields that public sources have set. Anyone can read the keys of such a
/// source in a page, so these fields only fill what the Account API and trusted
/// sources leave empty, and each remembers the stream that it came from. The parent of an
/// account is among them where such a source has set it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PublicFields(BTreeMap<String, Said>);

/// One field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    /// Null where the source took the field back.
    value: Value,
    /// `created_at` of the identification.
    at: i64,
    stream: Option<String>,
    /// Whether it was done, rather than kept as a detail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_done: bool,
}

/// The field that asks for a parent.
const PARENT: &str = "parent_account_id";

impl PublicFields {
    /// Adds the details of an identification that was made at `at`. A field that a
    /// later identification has set stays. Nothing is changed when all fields
    /// together would be larger than the details of a record may be.
    pub fn add(&mut self, details: Map<String, Value>, at: i64, stream: Option<&str>) {
        let mut merged = self.clone();
        for (field, value) in details {
            let said = Said {
                value,
                at,
                stream: stream.map(str::to_owned),
                is_done: false,
            };
            let may_replace = |stored: &Said| stored.at <= at && !stored.is_done;
            if merged.0.get(&field).is_none_or(may_replace) {
                merged.0.insert(field, said);
            }
        }
        let bytes = serde_json::to_string(&merged).map_or(usize::MAX, |json| json.len());
        if bytes <= MAX_DETAILS_BYTES {
            *self = merged;
        }
    }

    /// Notes that an identification, made at `at`, has set the parent of the account.
    pub fn note_parent(&mut self, value: Value, at: i64, stream: Option<&str>) {
        let said = Said {
            value,
            at,
            stream: stream.map(str::to_owned),
            is_done: true,
        };
        self.0.insert(PARENT.to_owned(), said);
    }

    /// Whether an identification has set the parent.
    pub fn has_noted_parent(&self) -> bool {
        self.0.get(PARENT).is_some_and(|said| said.is_done)
    }

    /// Forgets who has set the parent: the Account API or a trusted source decides about it
    /// from now on.
    pub fn forget_parent(&mut self) {
        if self.has_noted_parent() {
            self.0.remove(PARENT);
        }
    }

    /// Removes fields that the Account API or a trusted source has cleared.
    pub fn clear<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) {
        for field in fields {
            self.0.remove(field);
        }
    }

    /// Removes the fields that a stream has set.
    pub fn remove_stream(&mut self, stream: &str) {
        self.0
            .retain(|_, said| said.stream.as_deref() != Some(stream));
    }

    /// Removes the fields that one identification has set, whose details these were.
    pub fn remove_said(&mut self, details: &Map<String, Value>, at: i64, stream: Option<&str>) {
        self.0.retain(|field, said| {
            said.at != at
                || said.stream.as_deref() != stream
                || details.get(field) != Some(&said.value)
        });
    }

    /// The fields that have a value.
    pub fn values(&self) -> Map<String, Value> {
        self.0
            .iter()
            .filter(|(_, said)| !said.value.is_null() && !said.is_done)
            .map(|(field, said)| (field.clone(), said.value.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn details(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_latest_identification_sets_a_field_in_any_order_of_arrival() {
        let mut fields = PublicFields::default();
        fields.add(details(json!({"name": "New", "plan": null})), 2, Some("t"));
        fields.add(
            details(json!({"name": "Old", "plan": "gold", "size": 1})),
            1,
            None,
        );
        assert_eq!(fields.values(), details(json!({"name": "New", "size": 1})));
    }

    #[test]
    fn a_stream_takes_its_fields_along() {
        let mut fields = PublicFields::default();
        fields.add(details(json!({"name": "Forged"})), 2, Some("bad"));
        fields.add(details(json!({"size": 1})), 1, Some("good"));
        fields.remove_stream("bad");
        assert_eq!(fields.values(), details(json!({"size": 1})));
    }

    #[test]
    fn a_parent_that_was_set_is_no_detail_and_goes_with_who_set_it() {
        let mut fields = PublicFields::default();
        fields.note_parent(json!(7), 1, Some("bad"));
        fields.add(details(json!({"parent_account_id": "other"})), 2, None);
        assert_eq!(fields.values(), Map::new());
        assert!(fields.has_noted_parent());
        let read: PublicFields =
            serde_json::from_str(&serde_json::to_string(&fields).unwrap()).unwrap();
        assert_eq!(read, fields);
        let mut by_stream = fields.clone();
        by_stream.remove_stream("bad");
        assert!(!by_stream.has_noted_parent());
        fields.remove_said(&details(json!({"parent_account_id": 7})), 1, Some("bad"));
        assert!(!fields.has_noted_parent());
        fields.add(details(json!({"parent_account_id": "other"})), 2, None);
        fields.forget_parent();
        assert_eq!(
            fields.values(),
            details(json!({"parent_account_id": "other"}))
        );
    }

    #[test]
    fn the_fields_stay_bounded() {
        let mut fields = PublicFields::default();
        let large = "x".repeat(MAX_DETAILS_BYTES);
        fields.add(details(json!({"a": 1})), 1, None);
        fields.add(details(json!({"b": large})), 2, None);
        assert_eq!(fields.values(), details(json!({"a": 1})));
    }
}
