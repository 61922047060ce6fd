//! What the identifications that remain say of an account or a user, once others are
//! taken back.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::trust::{PARENT, requested_parent};

/// One identification of a public source, whose event is `E`.
#[derive(Debug, Clone)]
pub struct Identified<E> {
    /// The event that says it.
    pub event: E,
    /// When it was made, but not after its arrival: in ms since the Unix epoch.
    pub at: i64,
    /// When it arrived.
    pub received_at: i64,
    /// Its stream.
    pub stream: Option<String>,
    /// Whether its source may set the parent of an account.
    pub may_set_parent: bool,
}

/// What one of them says of a field.
#[derive(Debug, Clone)]
pub struct RemainingField<E> {
    /// Null where it takes the field back.
    pub value: Value,
    /// The identification.
    pub by: Identified<E>,
}

/// The fields of an account or a user, each as the latest of the remaining
/// identifications says it.
#[derive(Debug, Clone)]
pub struct RemainingFields<E> {
    cleared: BTreeMap<String, i64>,
    fields: BTreeMap<String, RemainingField<E>>,
    parent: Option<RemainingField<E>>,
}

impl<E: Clone> RemainingFields<E> {
    /// Those of an account or a user of which the Account API has cleared fields at some
    /// time.
    pub fn of(cleared: BTreeMap<String, i64>) -> Self {
        RemainingFields {
            cleared,
            fields: BTreeMap::new(),
            parent: None,
        }
    }

    /// Adds an identification, in the order of arrival. What had arrived when the Account
    /// API cleared a field says nothing about it.
    pub fn add(&mut self, details: Map<String, Value>, by: &Identified<E>) {
        let is_first = |known: &RemainingField<E>| by.received_at < known.by.received_at;
        if by.may_set_parent
            && self.parent.as_ref().is_none_or(is_first)
            && requested_parent(&details).is_some()
            && self.counts(PARENT, by)
            && let Some(value) = details.get(PARENT)
        {
            self.parent = Some(RemainingField {
                value: value.clone(),
                by: by.clone(),
            });
        }
        for (field, value) in details {
            let is_latest = (self.fields.get(&field)).is_none_or(|known| known.by.at <= by.at);
            if is_latest && self.counts(&field, by) {
                let by = by.clone();
                self.fields.insert(field, RemainingField { value, by });
            }
        }
    }

    fn counts(&self, field: &str, by: &Identified<E>) -> bool {
        (self.cleared.get(field)).is_none_or(|cleared_at| by.received_at > *cleared_at)
    }

    /// What they say of a field.
    pub fn get(&self, field: &str) -> Option<&RemainingField<E>> {
        self.fields.get(field)
    }

    /// The parent that the first of those who may set one asks for.
    pub fn parent(&self) -> Option<&RemainingField<E>> {
        self.parent.as_ref()
    }

    /// The events that say it.
    pub fn events(&self) -> impl Iterator<Item = &E> {
        (self.fields.values().chain(&self.parent)).map(|field| &field.by.event)
    }

    /// Leaves out what events say that are gone meanwhile.
    pub fn retain(&mut self, is_there: impl Fn(&E) -> bool) {
        self.fields.retain(|_, field| is_there(&field.by.event));
        self.parent.take_if(|field| !is_there(&field.by.event));
    }
}
