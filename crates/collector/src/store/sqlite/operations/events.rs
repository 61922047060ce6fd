//! Events: storing, reading and removing them.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    clock::now_ms,
    model::{erasure::Erasure, keys::SourceId, quarter::quarter_at, usage::Span},
    store::{
        answer::Answer,
        batch::{Batch, BatchOutcome},
        error::StoreError,
        export::EventFilter,
        latest_events::LatestQuestion,
        operations::EventOperations,
        removal::{Erased, PruneOutcome},
        sqlite::{
            SqliteStore, erasure, events, export, inbox, refusals, retention, rows::EventRow,
        },
    },
};

/// Maximum number of events of a batch in one transaction. They take the writer some tens of ms,
/// even if each names a new account and a new user. Batches of other clients are stored between the
/// parts. Trackers send fewer.
const PART_EVENTS: usize = 1000;

impl EventOperations for SqliteStore {
    fn ingest(&self, batch: Batch) -> Answer<'_, BatchOutcome> {
        if !batch.refused.is_empty() || !(1..=PART_EVENTS).contains(&batch.events.len()) {
            return Box::pin(ingest_in_parts(self, batch));
        }
        Box::pin(self.write_batch(inbox::Batch {
            events: batch.events,
            lines: batch.lines,
            source: batch.source,
            received_at: batch.received_at,
        }))
    }

    fn missing_events(&self, source: SourceId, event_ids: Vec<String>) -> Answer<'_, Vec<String>> {
        Box::pin(self.read(move |conn| events::missing_events(conn, source, event_ids)))
    }

    fn latest_events(&self, question: LatestQuestion) -> Answer<'_, (Vec<Value>, Option<i64>)> {
        Box::pin(self.read(move |conn| {
            let after = question.after.and_then(EventRow::from_number);
            let filter = EventFilter {
                span: Span::ALL,
                account_id: question.account_id,
            };
            let (events, last) = export::latest(conn, &filter, None, after, question.limit)?;
            Ok((events, last.map(EventRow::number)))
        }))
    }

    fn erase(&self, erasure: Erasure) -> Answer<'_, Option<Erased>> {
        Box::pin(async move {
            let wanted = erasure.clone();
            let found = self
                .read(move |conn| erasure::find_events(conn, &wanted))
                .await?;
            let now = now_ms();
            let erased = self
                .write_weighing(found.count().max(1), move |tx| {
                    erasure::erase(tx, &erasure, &found, now)
                })
                .await?;
            // A failure is only logged: the data is already erased for all queries, and a repeated
            // request would find nothing to erase.
            if erased.is_some()
                && let Err(cause) = self.overwrite_free_pages().await
            {
                tracing::error!(%cause, "what was erased stays in free pages until the next erasure");
            }
            Ok(erased)
        })
    }

    fn prune(&self, before: i64) -> Answer<'_, PruneOutcome> {
        Box::pin(self.write(move |tx| retention::prune(tx, quarter_at(before))))
    }
}

/// Stores a batch in parts, one after the other. Rejected lines are counted with the last part, so
/// that they are counted once.
async fn ingest_in_parts(store: &SqliteStore, batch: Batch) -> Result<BatchOutcome, StoreError> {
    let Batch {
        events,
        lines,
        rejected,
        mut refused,
        source,
        received_at,
    } = batch;
    drop(lines);
    let mut outcome = BatchOutcome::default();
    let (events, rejected) = (Arc::new(events), Arc::new(rejected));
    let source = Arc::new(source);
    let parts = events.len().max(rejected.len()).div_ceil(PART_EVENTS);
    let parts = parts.max(usize::from(!refused.is_empty()));
    for part in 0..parts {
        let of_part = move |length: usize| {
            let from = (part * PART_EVENTS).min(length);
            from..(from + PART_EVENTS).min(length)
        };
        let (events, rejected) = (Arc::clone(&events), Arc::clone(&rejected));
        let source = Arc::clone(&source);
        let weight = of_part(events.len()).len() + of_part(rejected.len()).len();
        let last = (part + 1 == parts).then(|| std::mem::take(&mut refused));
        let stored = store.write_weighing(weight, move |tx| {
            let events = &events[of_part(events.len())];
            let rejected = &rejected[of_part(rejected.len())];
            let outcome = events::insert_batch(tx, events, rejected, &source, received_at)?;
            if let Some(mut refused) = last {
                outcome.count_refused(&mut refused);
                refusals::record(tx, source.id, refused, received_at)?;
            }
            Ok(outcome)
        });
        let stored = stored.await?;
        if part + 1 < parts {
            stored.count_refused(&mut refused);
        }
        outcome.add(stored);
    }
    Ok(outcome)
}
