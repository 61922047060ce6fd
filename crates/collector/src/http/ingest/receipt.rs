//! The response to a batch.

use serde::Serialize;

use super::batch::RejectedLine;
use crate::{
    metrics::{Metrics, Outcome},
    store::batch::BatchOutcome,
};

/// The response to a batch that is on disk.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    accepted: u64,
    duplicates: u64,
    set_aside: u64,
    rejected: Vec<RejectedLine>,
    /// Those of the ids in `asked` that are not stored; absent when the client asked for
    /// none.
    #[serde(skip_serializing_if = "Option::is_none")]
    lacking: Option<String>,
}

impl Receipt {
    /// The response to a batch with this outcome. `rejected` has the lines that were not stored,
    /// in any order.
    pub(super) fn new(
        outcome: &BatchOutcome,
        mut rejected: Vec<RejectedLine>,
        lacking: Option<String>,
    ) -> Self {
        rejected.sort_by_key(|rejected| rejected.line);
        Receipt {
            accepted: outcome.accepted,
            duplicates: outcome.duplicates,
            set_aside: outcome.set_aside,
            rejected,
            lacking,
        }
    }

    /// Counts the events in the metrics.
    pub(super) fn count(&self, metrics: &Metrics) {
        for (kind, count) in [
            (Outcome::Accepted, self.accepted - self.set_aside),
            (Outcome::SetAside, self.set_aside),
            (Outcome::Duplicate, self.duplicates),
            (Outcome::Rejected, self.rejected.len() as u64),
        ] {
            metrics.count_events(kind, count);
        }
    }
}
