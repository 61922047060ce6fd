//! Events: storing, reading and removing them.

use serde_json::Value;

use crate::{
    model::{erasure::Erasure, keys::SourceId},
    store::{
        answer::Answer,
        batch::{Batch, BatchOutcome},
        latest_events::LatestQuestion,
        removal::{Erased, PruneOutcome},
    },
};

/// Stores events, reads them back and removes them.
pub trait EventOperations {
    /// Stores a batch, and returns the outcome once the batch is on disk. A large batch is stored
    /// in parts. When a part fails, the parts before it stay, and their events are duplicates when
    /// the batch is sent again.
    fn ingest(&self, batch: Batch) -> Answer<'_, BatchOutcome>;

    /// The `event_ids` that are not stored, or were sent by another source.
    fn missing_events(&self, source: SourceId, event_ids: Vec<String>) -> Answer<'_, Vec<String>>;

    /// The events that arrived last, newest first, with the number of the newest event. That number
    /// is `after` when none is newer.
    fn latest_events(&self, question: LatestQuestion) -> Answer<'_, (Vec<Value>, Option<i64>)>;

    /// Erases a stream, user, account, event or source, with everything that had arrived for it
    /// when its events were looked up. Returns what was removed; `None` when it is unknown.
    fn erase(&self, erasure: Erasure) -> Answer<'_, Option<Erased>>;

    /// Deletes some of the events that were made before a time, in ms since the Unix epoch. It
    /// deletes none only when none is left. Their figures remain.
    fn prune(&self, before: i64) -> Answer<'_, PruneOutcome>;
}
