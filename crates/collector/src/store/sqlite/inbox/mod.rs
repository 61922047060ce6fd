//! The inbox: batches that are on disk, but not in the tables yet.
//!
//! An event is stored in a dozen tables and indexes, and each page that a commit changes takes
//! time. So while batches arrive in quick succession, a batch is stored as the lines that were
//! received, in a separate file beside the database, and the client is answered. A moment later,
//! and before any query or other change, the writer spreads the waiting batches over the tables
//! together. New batches can arrive meanwhile.
//!
//! **Invariant:** spreading a batch has exactly the outcome that its client was told. So a batch
//! waits here only if its outcome is certain: its events are new and not erased, their users are
//! unknown or belong to the account that the event names, and none of the events is an
//! identification. Every other write first empties the inbox, and nothing is added to it until that
//! write is committed.
//!
//! **Invariant:** the transaction that spreads batches records the number of the last one. A batch
//! is removed from the inbox only after that transaction is on disk. So neither a crash nor another
//! process that spreads batches can lose or repeat one.

mod batch;
mod file;
mod foresight;
mod intake;
mod pending;
mod spreading;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, atomic::AtomicBool};

use tokio::sync::oneshot;

pub use batch::Batch;
pub use file::InboxFile;
use file::InboxId;
pub(super) use intake::{Inbox, RemainingBatches};
use pending::Generation;
pub(super) use spreading::{spread_leftovers, spread_to};

use rusqlite::Transaction;

/// The tasks that wait until the inbox is spread.
#[derive(Debug, Default)]
pub(super) struct ReadBarrier {
    /// Whether acknowledged batches are in the inbox.
    pub(super) has_waiting: AtomicBool,
    pub(super) waiters: Mutex<Vec<oneshot::Sender<()>>>,
}

/// Spreads the batches of a generation.
///
/// # Errors
/// Fails when the database cannot be written.
pub(super) fn spread(
    tx: &Transaction<'_>,
    file_id: &InboxId,
    generation: &Generation,
) -> rusqlite::Result<()> {
    spreading::spread(tx, file_id, generation.batches().iter())
}
