//! The stored list of erasures. See `store/erasure_marks.rs`.

use std::collections::{HashMap, HashSet};

use super::{
    failure::Result,
    postgres::{Tx, execute, query, query_one},
};
use crate::{
    model::erasure::{ErasureKind, id_hash},
    store::{
        batch::{Batch, EventError},
        erasure_marks::{event_hash, is_refused, owners},
        event_key::IdKey,
        new_event::NewEvent,
    },
};

/// Adds erasures of one kind to the list.
pub(super) async fn insert(tx: &Tx<'_>, kind: &str, marks: &[Vec<u8>], at: i64) -> Result<()> {
    let sql = "INSERT INTO erasures AS e (kind, id_hash, erased_at)
        SELECT DISTINCT $1, mark, $3::bigint FROM unnest($2::bytea[]) AS n (mark)
        ON CONFLICT (kind, id_hash) DO UPDATE
            SET erased_at = greatest(e.erased_at, excluded.erased_at)";
    execute(tx, sql, &[&kind, &marks, &at]).await?;
    Ok(())
}

/// The erasures that concern a group of batches.
#[derive(Debug, Default)]
pub(super) struct ErasedOwners {
    /// The time of erasure of each stream, user and account.
    at: HashMap<(ErasureKind, String), i64>,
    /// The events that were erased individually.
    events: HashSet<IdKey>,
}

impl ErasedOwners {
    /// Looks up everything that batches name. `members` has the accounts of the known users, for
    /// events that name no account.
    pub(super) async fn read(
        tx: &Tx<'_>,
        batches: &[Batch],
        members: &HashMap<String, String>,
    ) -> Result<Self> {
        let mut erased = ErasedOwners::default();
        let sql = "SELECT EXISTS (SELECT 1 FROM erasures)";
        if !query_one(tx, sql, &[]).await?.get::<_, bool>(0) {
            return Ok(erased);
        }
        let mut candidates: HashMap<(&str, Vec<u8>), (ErasureKind, String)> = HashMap::new();
        let mut keys: HashMap<Vec<u8>, IdKey> = HashMap::new();
        let mut ask = |kind: ErasureKind, id: &str| {
            candidates.insert((kind.name(), id_hash(id).to_vec()), (kind, id.to_owned()));
        };
        for batch in batches {
            for new in &batch.events {
                owners(new).for_each(|(kind, id)| ask(kind, id));
                if new.event.account_id.is_none()
                    && let Some(account_id) = members.get(new.event.user_id.as_str())
                {
                    ask(ErasureKind::Account, account_id);
                }
                keys.insert(event_hash(&new.key).to_vec(), new.key);
            }
            for rejected in &batch.rejected {
                ask(ErasureKind::Stream, &rejected.stream_id);
            }
        }
        let mut kinds: Vec<&str> = candidates.keys().map(|(kind, _)| *kind).collect();
        let mut marks: Vec<&[u8]> = candidates.keys().map(|(_, mark)| mark.as_slice()).collect();
        kinds.extend(keys.keys().map(|_| ErasureKind::Event.name()));
        marks.extend(keys.keys().map(Vec::as_slice));
        let sql = "SELECT e.kind, e.id_hash, e.erased_at
            FROM unnest($1::text[], $2::bytea[]) AS n (kind, mark)
                JOIN erasures e ON e.kind = n.kind AND e.id_hash = n.mark";
        for row in query(tx, sql, &[&kinds, &marks]).await? {
            let (kind, mark): (&str, Vec<u8>) = (row.get(0), row.get(1));
            if let Some(owner) = candidates.get(&(kind, mark.clone())) {
                erased.at.insert(owner.clone(), row.get(2));
            } else if let Some(key) = keys.get(&mark) {
                erased.events.insert(*key);
            }
        }
        Ok(erased)
    }

    /// Why an event is refused; `None` unless it, or something it belongs to, was erased.
    pub(super) fn refusal(&self, new: &NewEvent) -> Option<EventError> {
        for (kind, id) in owners(new) {
            if self.has_refused(kind, id, new) {
                return Some(EventError::Erased(kind));
            }
        }
        let is_erased = self.events.contains(&new.key);
        is_erased.then_some(EventError::ErasedEvent)
    }

    /// Why an event that names no account is refused, if the account of its user was erased.
    pub(super) fn refusal_by_account(
        &self,
        new: &NewEvent,
        account_id: &str,
    ) -> Option<EventError> {
        let kind = ErasureKind::Account;
        (self.has_refused(kind, account_id, new)).then_some(EventError::Erased(kind))
    }

    fn has_refused(&self, kind: ErasureKind, id: &str, new: &NewEvent) -> bool {
        if self.at.is_empty() {
            return false;
        }
        (self.at.get(&(kind, id.to_owned())))
            .is_some_and(|at| is_refused(kind, *at, new.event.created_at))
    }

    /// Whether a stream was erased.
    pub(super) fn has_stream(&self, stream_id: &str) -> bool {
        let stream = (ErasureKind::Stream, stream_id.to_owned());
        self.at.contains_key(&stream)
    }
}
