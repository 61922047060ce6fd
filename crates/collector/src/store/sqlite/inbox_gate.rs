//! Where batches arrive: the inbox, and the thread that writes groups of them into it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError, mpsc};

use super::{
    inbox::{Inbox, RemainingBatches},
    mutex::lock,
    requests::Requests,
    write_request::{BatchTask, Request},
};

/// Maximum number of batches written to the inbox together: they share one flush of the disk.
const GROUP: usize = 256;

/// The inbox, and the notification that batches of it were spread (moved to the tables).
///
/// Whoever holds the lock of the `TableWriter` may wait for the inbox. Whoever holds the inbox
/// must never wait for the `TableWriter`.
#[derive(Debug)]
pub(super) struct InboxGate {
    inbox: Mutex<Inbox>,
    spread: Condvar,
}

impl InboxGate {
    pub(super) fn new(inbox: Inbox) -> Self {
        InboxGate {
            inbox: Mutex::new(inbox),
            spread: Condvar::new(),
        }
    }

    /// Locks the inbox.
    pub(super) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        lock(&self.inbox)
    }

    /// Notifies those who wait for room that batches were spread, or could not be.
    pub(super) fn notify_spread(&self) {
        self.spread.notify_all();
    }

    /// Waits until the inbox has room, writes batches into it, and answers them. Returns the
    /// batches that it could not take.
    pub(super) fn take(&self, group: Vec<BatchTask>, requests: &Requests) -> RemainingBatches {
        let count = group.len();
        let inbox = self
            .spread
            .wait_while(self.inbox(), |inbox| inbox.is_full());
        let inbox = inbox.unwrap_or_else(PoisonError::into_inner);
        let mut remaining = take(inbox, group, requests);
        if remaining.deferred.len() == count {
            // The contents of the inbox could not be spread, as on a full disk. Storing the batches
            // directly will report the cause.
            std::mem::swap(&mut remaining.direct, &mut remaining.deferred);
        }
        remaining
    }

    /// Like [`InboxGate::take`] for a single batch, without waiting. Returns the batch as an error
    /// if somebody else holds the inbox or it has no room.
    pub(super) fn try_take(
        &self,
        task: BatchTask,
        requests: &Requests,
    ) -> Result<Option<BatchTask>, BatchTask> {
        let inbox = match self.inbox.try_lock() {
            Ok(inbox) => inbox,
            Err(TryLockError::WouldBlock) => return Err(task),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        if inbox.is_full() {
            return Err(task);
        }
        let remaining = take(inbox, vec![task], requests);
        Ok(remaining
            .direct
            .into_iter()
            .chain(remaining.deferred)
            .next())
    }
}

fn take(
    mut inbox: MutexGuard<'_, Inbox>,
    group: Vec<BatchTask>,
    requests: &Requests,
) -> RemainingBatches {
    let was_due_at = inbox.due_at();
    let remaining = inbox.take(group);
    let due_at = inbox.due_at();
    drop(inbox);
    // The writer knows when the inbox was due. Notify it of a change.
    if due_at.is_some() && due_at != was_due_at {
        requests.check_inbox();
    }
    remaining
}

/// Processes batches until the queue is closed and empty.
pub(super) fn run(
    inbox_gate: &InboxGate,
    waiting: &mpsc::Receiver<BatchTask>,
    requests: &Requests,
) {
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = waiting.try_recv()
        {
            group.push(next);
        }
        requests.count_begun(group.len());
        while !group.is_empty() {
            let RemainingBatches { direct, deferred } = inbox_gate.take(group, requests);
            for task in direct {
                requests.send_or_answer(Request::Batch(task));
            }
            group = deferred;
        }
    }
}
