//! Events: stored, read back and removed.

use serde_json::Value;

use super::{read, unsupported};
use crate::{
    model::{erasure::Erasure, keys::SourceId},
    store::{
        answer::Answer,
        batch::{Batch, BatchOutcome},
        latest_events::LatestQuestion,
        operations::EventOperations,
        removal::{Erased, Pruned},
        scaled::{ScaledStore, latest},
    },
};

impl EventOperations for ScaledStore {
    fn ingest(&self, batch: Batch) -> Answer<'_, BatchOutcome> {
        Box::pin(self.inbox.store(batch))
    }

    fn lacking(&self, source: SourceId, event_ids: Vec<String>) -> Answer<'_, Vec<String>> {
        read!(self, tx => latest::lacking(tx, source, event_ids).await?)
    }

    fn latest_events(&self, question: LatestQuestion) -> Answer<'_, (Vec<Value>, Option<i64>)> {
        read!(self, tx => latest::latest(tx, &question).await?)
    }

    fn erase(&self, _: Erasure) -> Answer<'_, Option<Erased>> {
        unsupported("erasure")
    }

    fn prune(&self, _: i64) -> Answer<'_, Pruned> {
        unsupported("--keep-raw")
    }
}
