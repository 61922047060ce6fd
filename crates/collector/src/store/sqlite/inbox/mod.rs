//! The inbox: batches that are on disk and not spread over the tables yet.
//!
//! An event is in a dozen tables and indexes, and each page that a commit changes
//! costs it time. So while batches arrive in quick succession, a batch is stored as
//! the lines that it came as, in a file of its own beside the database, and its
//! client is answered. The writer spreads the batches over the tables together, a
//! moment later and before anything is asked or changed, and others arrive meanwhile.
//!
//! **Invariant:** what a client was answered is what the spreading makes of its
//! batch. So only a batch of which this is known beforehand waits here: its events
//! are new and not erased, their users are unknown or belong to the account that the
//! event names, and none of them identifies anybody. Whatever else is written finds
//! the inbox empty, and nothing is added to it until that is committed.
//!
//! **Invariant:** the database says up to which number the batches were spread, in
//! the transaction that spreads them. A batch is removed from the inbox once that
//! transaction is on disk. So a crash changes nothing, nor does another process that
//! spreads them.

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
pub(super) use intake::{Inbox, Untaken};
use pending::Generation;
pub(super) use spreading::{settle, spread_to};

use rusqlite::Transaction;

/// Who waits for the inbox to be spread.
#[derive(Debug, Default)]
pub(super) struct Settling {
    /// Whether batches that were answered are in the inbox.
    pub(super) has_waiting: AtomicBool,
    pub(super) waiters: Mutex<Vec<oneshot::Sender<()>>>,
}

/// Spreads the batches of a generation.
///
/// # Errors
/// When the database cannot be written.
pub(super) fn spread(
    tx: &Transaction<'_>,
    file_id: &InboxId,
    generation: &Generation,
) -> rusqlite::Result<()> {
    spreading::spread(tx, file_id, generation.batches().iter())
}
