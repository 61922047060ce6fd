//! The contents of the identifications that remain after an erasure.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::identification::Subject;
use crate::model::{
    public_fields::PublicFields,
    remaining_fields::{Identified, RemainingFields},
};

/// What remains of the accounts and users from which an erasure takes fields back. `E` identifies
/// an event.
#[derive(Debug, Clone)]
pub(in crate::store) struct RemainingIdentifications<E> {
    of: HashMap<(Subject, String), RemainingFields<E>>,
}

impl<E> Default for RemainingIdentifications<E> {
    fn default() -> Self {
        RemainingIdentifications { of: HashMap::new() }
    }
}

impl<E: Clone + Eq + std::hash::Hash> RemainingIdentifications<E> {
    /// Whether the erasure takes nothing back from any account or user.
    pub(in crate::store) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Adds an account or a user from which fields are taken back, with the fields that public
    /// sources set.
    pub(in crate::store) fn concern(&mut self, subject: Subject, id: &str, public: &PublicFields) {
        (self.of.entry((subject, id.to_owned())))
            .or_insert_with(|| RemainingFields::of(public.cleared()));
    }

    /// Whether an account or a user was added.
    pub(in crate::store) fn concerns(&self, subject: Subject, id: &str) -> bool {
        self.of.contains_key(&(subject, id.to_owned()))
    }

    /// The ids of the accounts or users that were added.
    pub(in crate::store) fn ids(&self, wanted: Subject) -> Vec<&str> {
        (self.of.keys())
            .filter(|(subject, _)| *subject == wanted)
            .map(|(_, id)| id.as_str())
            .collect()
    }

    /// Adds an identification that remains. They must be added in order of arrival.
    pub(in crate::store) fn add(
        &mut self,
        subject: Subject,
        id: &str,
        details: Map<String, Value>,
        by: &Identified<E>,
    ) {
        if let Some(fields) = self.of.get_mut(&(subject, id.to_owned())) {
            fields.add(details, by);
        }
    }

    /// The events whose identifications remain.
    pub(in crate::store) fn events(&self) -> HashSet<E> {
        (self.of.values())
            .flat_map(RemainingFields::events)
            .cloned()
            .collect()
    }

    /// Removes the identifications of events other than `left`, which have been deleted meanwhile.
    pub(in crate::store) fn retain(&mut self, left: &HashSet<E>) {
        for fields in self.of.values_mut() {
            fields.retain(|event| left.contains(event));
        }
    }

    /// What remains of an account or a user.
    pub(in crate::store) fn of(&self, subject: Subject, id: &str) -> Option<&RemainingFields<E>> {
        self.of.get(&(subject, id.to_owned()))
    }
}
