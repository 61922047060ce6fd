//! Where batches arrive: the inbox, and the thread that writes groups of them into it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError, mpsc};

use super::{
    inbox::{Front, Untaken},
    mutex::lock,
    requests::Requests,
    write_request::{BatchTask, Request},
};

/// Maximum number of batches written to the inbox together: they share one flush of the disk.
const GROUP: usize = 256;

/// The inbox, and the notification that batches of it were spread (moved to the tables).
///
/// Whoever holds the lock of the desk (`desk.rs`) may wait for the inbox. Whoever holds the inbox
/// must never wait for the desk.
#[derive(Debug)]
pub(super) struct Entrance {
    front: Mutex<Front>,
    spread: Condvar,
}

impl Entrance {
    pub(super) fn new(front: Front) -> Self {
        Entrance {
            front: Mutex::new(front),
            spread: Condvar::new(),
        }
    }

    /// Locks the inbox.
    pub(super) fn front(&self) -> MutexGuard<'_, Front> {
        lock(&self.front)
    }

    /// Notifies those who wait for room that batches were spread, or could not be.
    pub(super) fn notify_spread(&self) {
        self.spread.notify_all();
    }

    /// Waits until the inbox has room, writes batches into it, and answers them. Returns the
    /// batches that it could not take.
    pub(super) fn take(&self, group: Vec<BatchTask>, requests: &Requests) -> Untaken {
        let count = group.len();
        let front = self
            .spread
            .wait_while(self.front(), |front| front.is_full());
        let front = front.unwrap_or_else(PoisonError::into_inner);
        let mut untaken = take(front, group, requests);
        if untaken.later.len() == count {
            // The contents of the inbox could not be spread, as on a full disk. Storing the batches
            // directly will report the cause.
            std::mem::swap(&mut untaken.without, &mut untaken.later);
        }
        untaken
    }

    /// Like [`Entrance::take`] for a single batch, without waiting. Returns the batch as an error
    /// if somebody else holds the inbox or it has no room.
    pub(super) fn try_take(
        &self,
        task: BatchTask,
        requests: &Requests,
    ) -> Result<Option<BatchTask>, BatchTask> {
        let front = match self.front.try_lock() {
            Ok(front) => front,
            Err(TryLockError::WouldBlock) => return Err(task),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        if front.is_full() {
            return Err(task);
        }
        let untaken = take(front, vec![task], requests);
        Ok(untaken.without.into_iter().chain(untaken.later).next())
    }
}

fn take(mut front: MutexGuard<'_, Front>, group: Vec<BatchTask>, requests: &Requests) -> Untaken {
    let was_due_at = front.due_at();
    let untaken = front.take(group);
    let due_at = front.due_at();
    drop(front);
    // The writer knows when the inbox was due. Notify it of a change.
    if due_at.is_some() && due_at != was_due_at {
        requests.look();
    }
    untaken
}

/// Processes batches until the queue is closed and empty.
pub(super) fn run(entrance: &Entrance, waiting: &mpsc::Receiver<BatchTask>, requests: &Requests) {
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = waiting.try_recv()
        {
            group.push(next);
        }
        requests.note_begun(group.len());
        while !group.is_empty() {
            let Untaken { without, later } = entrance.take(group, requests);
            for task in without {
                requests.send_or_answer(Request::Batch(task));
            }
            group = later;
        }
    }
}
