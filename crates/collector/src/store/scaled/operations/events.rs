//! Events: storing, reading and removing them.

use serde_json::Value;

use super::{read, write_unless_rejected};
use crate::{
    clock::now_ms,
    model::{erasure::Erasure, keys::SourceId},
    store::{
        answer::Answer,
        batch::{Batch, BatchOutcome},
        error::StoreError,
        latest_events::LatestQuestion,
        operations::EventOperations,
        removal::{Erased, PruneOutcome},
        scaled::{ScaledStore, erasure, latest, retention},
    },
};

impl EventOperations for ScaledStore {
    fn ingest(&self, batch: Batch) -> Answer<'_, BatchOutcome> {
        Box::pin(async move {
            self.room.check()?;
            self.inbox.store(batch).await
        })
    }

    fn missing_events(&self, source: SourceId, event_ids: Vec<String>) -> Answer<'_, Vec<String>> {
        read!(self, tx => latest::missing_events(tx, source, &event_ids).await?)
    }

    fn latest_events(&self, question: LatestQuestion) -> Answer<'_, (Vec<Value>, Option<i64>)> {
        read!(self, tx => latest::latest(tx, &question).await?)
    }

    fn erase(&self, erasure: Erasure) -> Answer<'_, Option<Erased>> {
        Box::pin(
            async move { Ok(erasure::run(&self.pool, &self.nodes, &erasure, now_ms()).await?) },
        )
    }

    fn prune(&self, before: i64) -> Answer<'_, PruneOutcome> {
        Box::pin(async move {
            let pruned: Answer<'_, Result<PruneOutcome, StoreError>> = write_unless_rejected!(self, tx =>
                match retention::prune(tx, &self.nodes, before).await {
                    // Others that use the day have precedence; the drop is tried again later.
                    Err(failure) if retention::is_in_use(&failure) => Err(StoreError::Overloaded),
                    done => Ok(done?),
                }
            );
            pruned.await?
        })
    }
}
