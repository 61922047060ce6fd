//! Decides what happens to the events of a group of batches. Nothing here reads a database.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::store::{
    batch::{Batch, EventError},
    event_key::IdKey,
    new_event::NewEvent,
    scaled::erasure_list::ErasedOwners,
};

const DAY_MS: i64 = 86_400_000;

/// The key of an event in the inbox: the day on which it was made, and the key of its id.
pub(super) type EventKey = (i32, IdKey);

/// The key of an event.
pub(super) fn key_of(new: &NewEvent) -> EventKey {
    (day_of(new.event.created_at), new.key)
}

/// The UTC day of a time, counted from the Unix epoch.
pub(in crate::store::scaled) fn day_of(created_at: i64) -> i32 {
    i32::try_from(created_at.div_euclid(DAY_MS)).unwrap_or(i32::MAX)
}

/// What happens to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It contradicts stored data.
    Rejected(EventError),
    /// It was received before.
    Duplicate,
    /// It is new and belongs to this account.
    New(String),
}

/// What happens to the events of a group.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// The fates by batch, and within a batch by event.
    pub(super) events: Vec<Vec<Fate>>,
    /// The accounts that new events name.
    pub(super) accounts: BTreeSet<String>,
    /// The users that no event has named before, each with the account of the first.
    pub(super) users: BTreeMap<String, String>,
}

impl Fates {
    /// Decides in the order of arrival. `stored` has the events that were received before, at least
    /// those that would create a user or an account. `members` has the accounts of the known users,
    /// and `erased` the erasures that may concern the events.
    pub(super) fn decide(
        batches: &[Batch],
        stored: &HashSet<EventKey>,
        members: &HashMap<String, String>,
        erased: &ErasedOwners,
    ) -> Self {
        let mut fates = Fates::default();
        let mut seen: HashSet<EventKey> = HashSet::new();
        for batch in batches {
            let mut of_batch = Vec::with_capacity(batch.events.len());
            for new in &batch.events {
                of_batch.push(match erased.refusal(new) {
                    Some(error) => Fate::Rejected(error),
                    None => fates.decide_one(new, stored, members, erased, &mut seen),
                });
            }
            fates.events.push(of_batch);
        }
        fates
    }

    fn decide_one(
        &mut self,
        new: &NewEvent,
        stored: &HashSet<EventKey>,
        members: &HashMap<String, String>,
        erased: &ErasedOwners,
        seen: &mut HashSet<EventKey>,
    ) -> Fate {
        let event = &new.event;
        let user_id = event.user_id.as_str();
        let member = members.get(user_id).or_else(|| self.users.get(user_id));
        let account_id = match (&event.account_id, member) {
            (Some(account_id), _) => account_id.to_string(),
            (None, Some(belongs_to)) => match erased.refusal_by_account(new, belongs_to) {
                Some(error) => return Fate::Rejected(error),
                None => belongs_to.clone(),
            },
            (None, None) => return Fate::Rejected(EventError::NoAccount),
        };
        let key = key_of(new);
        if stored.contains(&key) || !seen.insert(key) {
            return Fate::Duplicate;
        }
        if member.is_none() {
            self.users.insert(user_id.to_owned(), account_id.clone());
        }
        self.accounts.insert(account_id.clone());
        Fate::New(account_id)
    }
}

#[cfg(test)]
mod tests {
    use natero_event::received::lines;

    use super::*;
    use crate::{
        model::keys::SourceId,
        store::{event_key::IdScope, keys::Source, refused_lines::RefusedLines},
    };

    const NOW: i64 = 1_700_000_000_000;

    fn batch(events: &[(&str, Option<&str>, &str)]) -> Batch {
        let body: String = events
            .iter()
            .map(|(id, account, user)| {
                let event = serde_json::json!({
                    "event_id": id, "account_id": account, "user_id": user,
                    "created_at": NOW, "action": "feature", "feature": "f",
                });
                format!("{event}\n")
            })
            .collect();
        Batch {
            events: lines(body.as_bytes())
                .map(|line| NewEvent::read(&line, IdScope::Public, NOW).unwrap())
                .collect(),
            lines: Vec::new(),
            rejected: Vec::new(),
            refused: RefusedLines::default(),
            source: Source {
                id: SourceId::from_number(1).unwrap(),
                trusted: false,
                allow_hierarchy: false,
                origins: Vec::new(),
                created_at: 0,
            },
            received_at: NOW,
        }
    }

    #[test]
    fn the_first_event_of_a_user_says_to_which_account_the_user_belongs() {
        let batches = [
            batch(&[("1", None, "u"), ("2", Some("a"), "u")]),
            batch(&[
                ("3", Some("b"), "u"),
                ("4", None, "u"),
                ("2", Some("a"), "u"),
            ]),
        ];
        let fates = Fates::decide(
            &batches,
            &HashSet::new(),
            &HashMap::new(),
            &ErasedOwners::default(),
        );
        let new = |account: &str| Fate::New(account.to_owned());
        assert_eq!(
            fates.events,
            [
                vec![Fate::Rejected(EventError::NoAccount), new("a")],
                vec![new("b"), new("a"), Fate::Duplicate],
            ]
        );
        assert_eq!(fates.users, BTreeMap::from([("u".into(), "a".into())]));
        assert_eq!(fates.accounts, BTreeSet::from(["a".into(), "b".into()]));
    }

    #[test]
    fn what_is_stored_names_no_new_user() {
        let batches = [batch(&[("1", Some("a"), "u")])];
        let stored = HashSet::from([key_of(&batches[0].events[0])]);
        let fates = Fates::decide(&batches, &stored, &HashMap::new(), &ErasedOwners::default());
        assert_eq!(fates.events, [[Fate::Duplicate]]);
        assert!(fates.users.is_empty() && fates.accounts.is_empty());
    }
}
