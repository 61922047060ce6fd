//! Stores a group of batches in one transaction.

use std::collections::HashSet;

use super::{
    fate::{EventKey, Fate, Fates, key_of},
    members::{self, Members},
    rows::{Rows, event_key},
};
use crate::{
    model::{stream_record::Arrivals, trust::Trust},
    store::{
        batch::{Batch, BatchOutcome, RejectedEvent},
        identification::identified_at,
        new_event::NewEvent,
        scaled::{
            ancestry::Ancestry,
            erasure_list::ErasedOwners,
            failure::Result,
            identify::Identification,
            postgres::{Lock, Tx, execute, query},
            refusals, streams,
        },
    },
};

/// Stores the new events of batches, applies their identifications, and returns the outcome of each
/// batch.
pub(super) async fn write(tx: &Tx<'_>, batches: &[Batch]) -> Result<Vec<BatchOutcome>> {
    Lock::Membership.share(tx).await?;
    let mut members = Members::read(tx, batches).await?;
    let stored = stored(tx, batches, &members).await?;
    let erased = ErasedOwners::read(tx, batches, &members.account_of).await?;
    let fates = Fates::decide(batches, &stored, &members.account_of, &erased);
    members.insert_accounts(tx, &fates).await?;
    if !fates.users.is_empty() {
        members::insert_users(tx, &fates).await?;
        // Another collector may have inserted one of the users into another account.
        members = Members::read(tx, batches).await?;
    }
    let unused = members.unused;
    let members = members.account_of;
    let mut rows = Rows::default();
    for (batch, fates) in batches.iter().zip(&fates.events) {
        for (new, fate) in batch.events.iter().zip(fates) {
            if let Fate::New(account_id) = fate {
                let belongs_to = members.get(new.event.user_id.as_str());
                rows.add(batch, new, account_id, belongs_to != Some(account_id));
            }
        }
    }
    let inserted = rows.insert(tx).await?;
    let mut arrivals = Arrivals::default();
    let mut outcomes = Vec::with_capacity(batches.len());
    let mut counted: HashSet<&str> = HashSet::new();
    let mut to_identify = Vec::new();
    for (batch, fates) in batches.iter().zip(&fates.events) {
        let mut outcome = BatchOutcome::default();
        for (new, fate) in batch.events.iter().zip(fates) {
            let event = &new.event;
            let stream = event.stream_id.as_deref().zip(event.seq);
            let is_new = match fate {
                Fate::Rejected(error) => {
                    outcome.rejected.push((new.line, *error));
                    if let Some((stream_id, seq)) = stream {
                        error.add_to(&mut arrivals, stream_id, seq, batch.received_at);
                    }
                    continue;
                }
                // Another collector may have stored it meanwhile.
                Fate::New(_) => inserted.contains(&key_of(new)),
                Fate::Duplicate => false,
            };
            if let Some((stream_id, seq)) = stream {
                arrivals.add(stream_id, seq, event.created_at, is_new);
            }
            let Fate::New(account_id) = fate else {
                outcome.duplicates += 1;
                continue;
            };
            if !is_new {
                outcome.duplicates += 1;
                continue;
            }
            outcome.accepted += 1;
            if members.get(event.user_id.as_str()) == Some(account_id) {
                counted.insert(account_id);
                to_identify.push((batch, new, account_id));
            } else {
                outcome.set_aside += 1;
            }
        }
        // An erased stream must not get a record again.
        let known = |event: &&RejectedEvent| !erased.has_stream(&event.stream_id);
        for event in batch.rejected.iter().filter(known) {
            arrivals.add_rejected(&event.stream_id, event.seq, batch.received_at);
        }
        outcomes.push(outcome);
    }
    let mut ancestry = Ancestry::default();
    for (batch, new, account_id) in to_identify {
        identify(tx, &mut ancestry, batch, new, account_id).await?;
    }
    streams::write(tx, &arrivals).await?;
    for (batch, outcome) in batches.iter().zip(&outcomes) {
        let mut refused = batch.refused.clone();
        if !refused.is_empty() || !outcome.rejected.is_empty() {
            outcome.count_refused(&mut refused);
            refusals::record(tx, batch.source.id, refused, batch.received_at).await?;
        }
    }
    counted.retain(|account_id| unused.contains(*account_id));
    if !counted.is_empty() {
        let counted: Vec<&str> = counted.into_iter().collect();
        let sql = "UPDATE accounts SET has_usage = true
            WHERE account_id = ANY($1::text[]) AND NOT has_usage";
        execute(tx, sql, &[&counted]).await?;
    }
    Ok(outcomes)
}

/// The events that were received before, as far as this must be known before the insert. Events of
/// a known user in a known account create neither, so they are not looked up.
async fn stored(tx: &Tx<'_>, batches: &[Batch], members: &Members) -> Result<HashSet<EventKey>> {
    let (days, keys): (Vec<i32>, Vec<Vec<u8>>) = batches
        .iter()
        .flat_map(|batch| &batch.events)
        .filter(|new| !members.has(&new.event))
        .map(|new| {
            let (day, key) = key_of(new);
            (day, key.to_vec())
        })
        .unzip();
    if keys.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "WITH n (day, key) AS (SELECT * FROM unnest($1::integer[], $2::bytea[]))
        SELECT e.day, e.key FROM n JOIN events e ON e.day = n.day AND e.key = n.key
        UNION ALL
        SELECT d.day, d.key FROM n JOIN dropped_keys d ON d.day = n.day AND d.key = n.key";
    let rows = query(tx, sql, &[&days, &keys]).await?;
    rows.iter().map(event_key).collect()
}

/// Applies the details of an event if it is an identification.
async fn identify(
    tx: &Tx<'_>,
    ancestry: &mut Ancestry,
    batch: &Batch,
    new: &NewEvent,
    account_id: &str,
) -> Result<()> {
    let event = &new.event;
    let (Some(action), Some(details)) = (event.action.kind(), &event.details) else {
        return Ok(());
    };
    let trust = Trust::of(batch.source.trusted, batch.source.allow_hierarchy);
    Identification {
        action,
        account_id,
        user_id: &event.user_id,
        at: identified_at(event.created_at, batch.received_at),
        stream_id: event.stream_id.as_deref(),
        details,
    }
    .apply(tx, ancestry, trust)
    .await
}
