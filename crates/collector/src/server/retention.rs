//! Deletes old events in the background.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    clock::now_ms,
    store::{Store, StoreError, removal::PruneOutcome},
};

/// Time between two searches for old events.
const INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Pause between two deletions, as a multiple of the time that the last one took including
/// waiting and commit. Meanwhile the writer is free for batches.
const PAUSE_FACTOR: u32 = 4;

/// Pause while too many batches wait for the writer.
const OVERLOAD_PAUSE: Duration = Duration::from_secs(1);

/// Deletes events that are older than `keep`, until the task is aborted.
pub(super) async fn prune_forever(store: Arc<dyn Store>, keep: Duration) {
    loop {
        let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
        let before = now_ms().saturating_sub(keep_ms);
        let mut deleted = 0;
        loop {
            let start = Instant::now();
            match store.prune(before).await {
                Ok(PruneOutcome { is_done: true, .. }) => break,
                Ok(PruneOutcome { events, .. }) => {
                    deleted += events;
                    // Deletions and their commits occupy the writer for at most a fifth of
                    // its time.
                    tokio::time::sleep(start.elapsed() * PAUSE_FACTOR).await;
                }
                // Batches have priority.
                Err(StoreError::Overloaded) => tokio::time::sleep(OVERLOAD_PAUSE).await,
                Err(cause) => {
                    tracing::warn!(%cause, "old events stay for now");
                    break;
                }
            }
        }
        if deleted > 0 {
            tracing::info!(deleted, "events older than --keep-raw are deleted");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
