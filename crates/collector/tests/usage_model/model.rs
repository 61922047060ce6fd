//! A list of events, and queries that walk it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use natero_collector::model::usage::{Dimension, Span};
use natero_event::received::ReceivedEvent;
use serde_json::{Value, json};

use crate::{
    support::with,
    zones::{Zone, day, week},
};

/// The list.
#[derive(Debug, Default)]
pub struct Model {
    /// Each event with its account, and whether it is not counted.
    pub events: Vec<(ReceivedEvent, String, bool)>,
    seen: HashSet<String>,
    pub parents: BTreeMap<String, Option<String>>,
    inactive: HashSet<String>,
    users: HashMap<String, String>,
}

impl Model {
    /// Adds an event that arrived.
    pub fn add(&mut self, event: &ReceivedEvent) {
        let belongs_to = self.users.get(event.user_id.as_str()).cloned();
        let Some(account) = event.account_id.clone().map(String::from).or(belongs_to) else {
            return;
        };
        if !self
            .seen
            .insert(event.event_id.as_deref().unwrap().to_owned())
        {
            return;
        }
        self.parents.entry(account.clone()).or_default();
        let belongs_to = self
            .users
            .entry(event.user_id.to_string())
            .or_insert_with(|| account.clone());
        let is_set_aside = *belongs_to != account;
        self.events.push((event.clone(), account, is_set_aside));
    }

    /// Moves a user, whose events in the new account count from then on.
    pub fn move_user(&mut self, user: &str, account: &str) {
        self.parents.entry(account.to_owned()).or_default();
        self.users.insert(user.to_owned(), account.to_owned());
        for (event, happened_in, is_set_aside) in &mut self.events {
            if event.user_id == user && happened_in == account {
                *is_set_aside = false;
            }
        }
    }

    /// Deactivates or reactivates an account.
    pub fn set_deleted(&mut self, account: &str, is_deleted: bool) {
        if is_deleted {
            self.inactive.insert(account.to_owned());
        } else {
            self.inactive.remove(account);
        }
    }

    fn is_above(&self, upper: &str, lower: &str) -> bool {
        let mut at = Some(lower.to_owned());
        while let Some(id) = at {
            if id == upper {
                return true;
            }
            at = self.parents.get(&id).cloned().flatten();
        }
        false
    }

    /// Sets or clears the parent of an account. Returns false for a cycle.
    pub fn place(&mut self, account: &str, parent: Option<&str>) -> bool {
        if parent.is_some_and(|parent| self.is_above(account, parent)) {
            return false;
        }
        if let Some(parent) = parent {
            self.parents.entry(parent.to_owned()).or_default();
        }
        self.parents
            .insert(account.to_owned(), parent.map(str::to_owned));
        true
    }

    fn is_leaf(&self, account: &str) -> bool {
        !self
            .parents
            .iter()
            .any(|(id, parent)| parent.as_deref() == Some(account) && !self.inactive.contains(id))
    }

    /// The answer to a usage query.
    pub fn answer(
        &self,
        account: &str,
        rollup: bool,
        by: Option<Dimension>,
        span: Span,
        zone: Zone,
    ) -> Value {
        let mut counted = Vec::new();
        let (mut non_leaf, mut user_conflict) = (0, 0);
        for (event, happened_in, is_set_aside) in &self.events {
            let is_in = happened_in == account || (rollup && self.is_above(account, happened_in));
            if !is_in || !(span.from..span.to).contains(&event.created_at) {
                continue;
            }
            if *is_set_aside {
                user_conflict += 1;
            } else if self.is_leaf(happened_in) {
                counted.push((event, happened_in));
            } else {
                non_leaf += 1;
            }
        }
        let mut rows: BTreeMap<(bool, String), (Value, Vec<&ReceivedEvent>)> = BTreeMap::new();
        for (event, happened_in) in &counted {
            let key = match by {
                None => continue,
                Some(Dimension::Product) => event.product.as_deref().map(str::to_owned),
                Some(Dimension::Module) => event.module.as_deref().map(str::to_owned),
                Some(Dimension::Feature) => event.feature.as_deref().map(str::to_owned),
                Some(Dimension::User) => Some(event.user_id.to_string()),
                Some(Dimension::Account) => Some((*happened_in).clone()),
                Some(Dimension::Day) => Some(day(event.created_at, zone)),
                Some(Dimension::Week) => Some(week(event.created_at, zone)),
                Some(Dimension::Month) => Some("2023-11".to_owned()),
            };
            rows.entry((key.is_none(), key.clone().unwrap_or_default()))
                .or_insert_with(|| (json!(key), Vec::new()))
                .1
                .push(event);
        }
        let rows: Vec<_> = rows
            .into_values()
            .map(|(key, events)| with(json!({"key": key}), sums(&events)))
            .collect();
        let counted: Vec<_> = counted.into_iter().map(|(event, _)| event).collect();
        json!({
            "totals": sums(&counted), "rows": rows,
            "uncaptured": {"non_leaf": non_leaf, "user_conflict": user_conflict},
        })
    }
}

fn sums(events: &[&ReceivedEvent]) -> Value {
    let of = |action: &str| {
        let action = action.to_owned();
        events
            .iter()
            .filter(move |event| event.action.name() == action)
    };
    let users: BTreeSet<_> = events.iter().map(|event| &event.user_id).collect();
    let sessions: BTreeSet<_> = events
        .iter()
        .filter_map(|event| Some((&event.user_id, event.session_id.as_ref()?)))
        .collect();
    let features: f64 = of("feature").map(|event| event.total.unwrap()).sum();
    json!({
        "events": events.len(),
        "features": features,
        "module_time": of("moduleEnd").map(|event| event.time_spent.unwrap()).sum::<i64>(),
        "active_time": of("sessionSync").map(|event| event.active_duration.unwrap()).sum::<i64>(),
        "sessions": sessions.len(),
        "users": users.len(),
    })
}
