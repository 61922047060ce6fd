//! The fields of an account or a user that public sources set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    details::{MAX_DETAILS_BYTES, is_empty},
    remaining_fields::RemainingFields,
    trust::PARENT,
};

/// The fields that public sources have set. Anybody can read the keys of such a source in a
/// page, so these fields only fill what the Account API and trusted sources leave empty. Each
/// field remembers the stream that it came from. If such a source has set the parent of an
/// account, that is recorded here too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PublicFields(BTreeMap<String, PublicField>);

/// The value of one field, and where it came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct PublicField {
    /// Null if the source cleared the field.
    value: Value,
    /// When the identification was made, or when it arrived if that is earlier: a forged time
    /// must not override later identifications.
    at: i64,
    stream: Option<String>,
    /// Whether the field was applied to the account, as the parent is, instead of being kept
    /// as a detail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_done: bool,
    /// When the Account API cleared the field, by the collector's clock. Identifications that
    /// had arrived before no longer count for this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cleared_at: Option<i64>,
}

impl PublicField {
    /// A record that the Account API has cleared the field, without a value.
    fn cleared(at: i64) -> Self {
        PublicField {
            value: Value::Null,
            at: 0,
            stream: None,
            is_done: false,
            cleared_at: Some(at),
        }
    }
}

impl PublicFields {
    /// Adds the details of an identification that was made at `at` (or arrived then, if its
    /// clock is ahead). A field that a later identification has set is kept. Nothing is
    /// changed if all fields together would exceed the size limit for the details of a
    /// record.
    pub fn add(&mut self, details: Map<String, Value>, at: i64, stream: Option<&str>) {
        let mut merged = self.clone();
        for (field, value) in details {
            let may_replace = |stored: &PublicField| stored.at <= at && !stored.is_done;
            if merged.0.get(&field).is_none_or(may_replace) {
                merged.set(field, value, at, stream, false);
            }
        }
        if merged.fits() {
            *self = merged;
        }
    }

    fn fits(&self) -> bool {
        let bytes = serde_json::to_string(self).map_or(usize::MAX, |json| json.len());
        bytes <= MAX_DETAILS_BYTES
    }

    fn set(&mut self, field: String, value: Value, at: i64, stream: Option<&str>, is_done: bool) {
        let cleared_at = self.0.get(&field).and_then(|stored| stored.cleared_at);
        let stored = PublicField {
            value,
            at,
            stream: stream.map(str::to_owned),
            is_done,
            cleared_at,
        };
        self.0.insert(field, stored);
    }

    /// Records that an identification, made at `at`, has set the parent of the account.
    pub fn record_parent(&mut self, value: Value, at: i64, stream: Option<&str>) {
        self.set(PARENT.to_owned(), value, at, stream, true);
    }

    /// Whether an identification has set the parent.
    pub fn has_recorded_parent(&self) -> bool {
        self.0.get(PARENT).is_some_and(|stored| stored.is_done)
    }

    /// Forgets who has set the parent, because from `now` on the Account API or a trusted
    /// source decides about it.
    pub fn forget_parent(&mut self, now: i64) {
        if self.has_recorded_parent() {
            self.clear([PARENT], now);
        }
    }

    /// Clears fields that the Account API has cleared at `now`.
    pub fn clear<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>, now: i64) {
        for field in fields {
            if let Some(stored) = self.0.get_mut(field) {
                *stored = PublicField::cleared(now);
            }
        }
    }

    /// Removes the fields that a stream has set, and returns their names.
    pub fn remove_stream(&mut self, stream: &str) -> Vec<String> {
        self.remove(|_, stored| stored.stream.as_deref() == Some(stream))
    }

    /// Removes the fields that one identification has set, and returns their names. `details`
    /// are the details of the identification, and `at` is when it was made by its own clock.
    pub fn remove_identification(
        &mut self,
        details: &Map<String, Value>,
        at: i64,
        stream: Option<&str>,
    ) -> Vec<String> {
        self.remove(|field, stored| {
            // If its clock was ahead, it counts as made when it arrived.
            stored.at <= at
                && stored.stream.as_deref() == stream
                && details.get(field) == Some(&stored.value)
        })
    }

    fn remove(&mut self, is_concerned: impl Fn(&String, &PublicField) -> bool) -> Vec<String> {
        let concerned = |(field, stored): (&String, &PublicField)| {
            let is_removed = stored.at > 0 && is_concerned(field, stored);
            is_removed.then(|| field.clone())
        };
        let fields: Vec<String> = self.0.iter().filter_map(concerned).collect();
        for field in &fields {
            let cleared_at = self.0.remove(field).and_then(|stored| stored.cleared_at);
            if let Some(at) = cleared_at {
                self.0.insert(field.clone(), PublicField::cleared(at));
            }
        }
        fields
    }

    /// Fills removed fields again from the remaining identifications.
    pub fn refill<E: Clone>(&mut self, fields: &[String], remaining: &RemainingFields<E>) {
        for field in fields {
            let cleared_at = self.0.get(field).and_then(|stored| stored.cleared_at);
            if let Some(left) = remaining.get(field)
                && cleared_at.is_none_or(|cleared_at| left.by.received_at > cleared_at)
            {
                let before = self.clone();
                let stream = left.by.stream.as_deref();
                self.set(field.clone(), left.value.clone(), left.by.at, stream, false);
                if !self.fits() {
                    *self = before;
                }
            }
        }
    }

    /// When the Account API has cleared fields, by the names of the fields.
    pub fn cleared(&self) -> BTreeMap<String, i64> {
        let cleared =
            |(field, stored): (&String, &PublicField)| Some((field.clone(), stored.cleared_at?));
        self.0.iter().filter_map(cleared).collect()
    }

    /// The fields that have a value.
    pub fn values(&self) -> Map<String, Value> {
        self.0
            .iter()
            .filter(|(_, stored)| !is_empty(&stored.value) && !stored.is_done)
            .map(|(field, stored)| (field.clone(), stored.value.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::remaining_fields::Identified;
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

    fn by(at: i64, received_at: i64) -> Identified<()> {
        Identified {
            event: (),
            at,
            received_at,
            stream: Some("good".to_owned()),
            may_set_parent: false,
        }
    }

    #[test]
    fn what_is_taken_back_is_filled_with_the_latest_of_what_remains() {
        let mut fields = PublicFields::default();
        fields.add(
            details(json!({"name": "Forged", "plan": "x"})),
            9,
            Some("bad"),
        );
        fields.add(details(json!({"size": 3})), 3, Some("good"));
        let mut remaining = RemainingFields::of(fields.cleared());
        remaining.add(details(json!({"name": "New", "size": 2})), &by(2, 2));
        remaining.add(details(json!({"name": "Old", "plan": "gold"})), &by(1, 3));
        let lost = fields.remove_stream("bad");
        fields.refill(&lost, &remaining);
        let honest = json!({"name": "New", "plan": "gold", "size": 3});
        assert_eq!(fields.values(), details(honest));
        // Its clock was a day ahead, so the time of its arrival counts.
        let identified = details(json!({"name": "New"}));
        assert_eq!(
            fields.remove_identification(&identified, 100, Some("good")),
            ["name"]
        );
    }

    #[test]
    fn what_the_account_api_cleared_stays_empty_until_somebody_says_it_again() {
        let mut fields = PublicFields::default();
        fields.add(details(json!({"plan": "gold", "size": 1})), 1, Some("good"));
        fields.clear(["plan", "never said"], 5);
        assert_eq!(fields.values(), details(json!({"size": 1})));
        fields.add(details(json!({"plan": "forged"})), 6, Some("bad"));
        let read = serde_json::to_string(&fields).unwrap();
        let mut fields: PublicFields = serde_json::from_str(&read).unwrap();
        let mut remaining = RemainingFields::of(fields.cleared());
        remaining.add(details(json!({"plan": "gold"})), &by(1, 1));
        let lost = fields.remove_stream("bad");
        fields.refill(&lost, &remaining);
        assert_eq!(fields.values(), details(json!({"size": 1})));
        remaining.add(details(json!({"plan": "silver"})), &by(4, 7));
        fields.refill(&lost, &remaining);
        assert_eq!(
            fields.values(),
            details(json!({"plan": "silver", "size": 1}))
        );
    }

    #[test]
    fn a_parent_that_was_set_is_no_detail_and_goes_with_who_set_it() {
        let mut fields = PublicFields::default();
        fields.record_parent(json!(7), 1, Some("bad"));
        fields.add(details(json!({"parent_account_id": "other"})), 2, None);
        assert_eq!(fields.values(), Map::new());
        assert!(fields.has_recorded_parent());
        let read: PublicFields =
            serde_json::from_str(&serde_json::to_string(&fields).unwrap()).unwrap();
        assert_eq!(read, fields);
        let mut by_stream = fields.clone();
        by_stream.remove_stream("bad");
        assert!(!by_stream.has_recorded_parent());
        fields.remove_identification(&details(json!({"parent_account_id": 7})), 1, Some("bad"));
        assert!(!fields.has_recorded_parent());
        fields.add(details(json!({"parent_account_id": "other"})), 2, None);
        fields.forget_parent(1);
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
