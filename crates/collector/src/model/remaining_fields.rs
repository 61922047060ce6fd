//! The fields of an account or a user according to the identifications that remain after
//! others were taken back.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::trust::{PARENT, requested_parent};

/// One identification of a public source, whose event is `E`.
#[derive(Debug, Clone)]
pub struct Identified<E> {
    /// Its event.
    pub event: E,
    /// When it was made, or when it arrived if that is earlier, in ms since the Unix epoch.
    pub at: i64,
    /// When it arrived.
    pub received_at: i64,
    /// Its stream.
    pub stream: Option<String>,
    /// Whether its source may set the parent of an account.
    pub may_set_parent: bool,
}

/// The value that an identification gives to a field.
#[derive(Debug, Clone)]
pub struct RemainingField<E> {
    /// Null if the identification clears the field.
    pub value: Value,
    /// The identification.
    pub by: Identified<E>,
}

/// The fields of an account or a user, each with the value of the latest remaining
/// identification that sets it.
#[derive(Debug, Clone)]
pub struct RemainingFields<E> {
    cleared: BTreeMap<String, i64>,
    fields: BTreeMap<String, RemainingField<E>>,
    parent: Option<RemainingField<E>>,
}

impl<E: Clone> RemainingFields<E> {
    /// Starts empty. `cleared` has the times at which the Account API has cleared fields.
    pub fn of(cleared: BTreeMap<String, i64>) -> Self {
        RemainingFields {
            cleared,
            fields: BTreeMap::new(),
            parent: None,
        }
    }

    /// Adds an identification, in the order of arrival. If it arrived before the Account API
    /// cleared a field, it does not count for that field.
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

    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&RemainingField<E>> {
        self.fields.get(field)
    }

    /// The parent that was set by the earliest identification that is allowed to set one.
    pub fn parent(&self) -> Option<&RemainingField<E>> {
        self.parent.as_ref()
    }

    /// The events that set these fields.
    pub fn events(&self) -> impl Iterator<Item = &E> {
        (self.fields.values().chain(&self.parent)).map(|field| &field.by.event)
    }

    /// Drops fields whose events no longer exist.
    pub fn retain(&mut self, is_there: impl Fn(&E) -> bool) {
        self.fields.retain(|_, field| is_there(&field.by.event));
        self.parent.take_if(|field| !is_there(&field.by.event));
    }
}
