//! The batches of the inbox that are not in the tables yet, as they are held in memory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use smol_str::SmolStr;

use super::batch::{Batch, NumberedBatch};
use crate::{
    model::fast_map::{FastMap, FastSet},
    store::{event_key::IdKey, new_event::NewEvent},
};

/// The number of waiting events at which they are spread immediately. That takes some tens of ms,
/// and a query may have to wait for it.
pub(super) const ENOUGH_EVENTS: usize = 2_000;
/// The size of the waiting lines, in bytes, at which they are spread immediately.
const ENOUGH_BYTES: usize = 2 * 1024 * 1024;
/// The most events that wait while others are spread. The more are spread together, the less
/// processor time each takes: with 16 connections that sent events of 500 accounts, 32,000 made
/// half as much throughput again as 8,000. So many wait only if events arrive faster than the
/// writer spreads them.
pub(super) const MOST_EVENTS: usize = 32_000;
/// The most bytes of lines that wait while others are spread: they are held in memory, too.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// The longest time that a batch waits if no query needs it. It is long enough to collect many
/// batches, because each spreading writes and flushes the same pages again, and short enough for
/// other programs that read the file.
pub(super) const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// Batches that are spread together.
#[derive(Debug, Default)]
pub(in crate::store::sqlite) struct Generation {
    batches: Vec<NumberedBatch>,
    /// The ids of their events.
    ids: FastSet<IdKey>,
    /// The users of their events, and the account that each names.
    users: FastMap<SmolStr, SmolStr>,
    bytes: usize,
}

impl Generation {
    pub(super) fn batches(&self) -> &[NumberedBatch] {
        &self.batches
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    fn reaches(&self, events: usize, bytes: usize) -> bool {
        self.ids.len() >= events || self.bytes >= bytes
    }
}

/// The waiting batches, and those that are being spread.
#[derive(Debug, Default)]
pub(super) struct Pending {
    waiting: Generation,
    spreading: Option<Arc<Generation>>,
    due_at: Option<Instant>,
}

impl Pending {
    /// Whether every batch is in the tables.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.spreading.is_none() && self.due_at.is_none()
    }

    /// Whether some batches have to be spread before another may wait.
    pub(super) fn is_full(&self) -> bool {
        let spreading = self
            .spreading
            .as_ref()
            .map_or(0, |generation| generation.ids.len());
        self.waiting.reaches(MOST_EVENTS, MOST_BYTES)
            || self.waiting.ids.len() + spreading >= 2 * MOST_EVENTS
    }

    /// The waiting batches, then those that are being spread.
    pub(super) fn generations(&self) -> impl Iterator<Item = &Generation> {
        std::iter::once(&self.waiting).chain(self.spreading.as_deref())
    }

    /// Whether an event with this id waits.
    pub(super) fn has(&self, id: &IdKey) -> bool {
        self.generations()
            .any(|generation| generation.ids.contains(id))
    }

    /// The account that the waiting events of a user name; `None` when none of the user waits.
    pub(super) fn account_of(&self, user_id: &str) -> Option<&str> {
        self.generations()
            .find_map(|generation| generation.users.get(user_id).map(SmolStr::as_str))
    }

    /// The size of all lines in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.generations().map(|generation| generation.bytes).sum()
    }

    /// The latest time for spreading them; `None` while none waits.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.due_at
    }

    pub(super) fn push(&mut self, number: i64, batch: Arc<Batch>) {
        for NewEvent { key, event, .. } in &batch.events {
            self.waiting.ids.insert(*key);
            if let Some(account_id) = &event.account_id
                && !self.waiting.users.contains_key(&event.user_id)
            {
                let (user, account) = (event.user_id.clone(), account_id.clone());
                self.waiting.users.insert(user, account);
            }
        }
        self.waiting.bytes += batch.lines.len();
        self.waiting.batches.push(NumberedBatch { number, batch });
        let wait = if self.waiting.reaches(ENOUGH_EVENTS, ENOUGH_BYTES) {
            Duration::ZERO
        } else {
            LONGEST_WAIT
        };
        let due_at = Instant::now() + wait;
        self.due_at = Some(self.due_at.map_or(due_at, |earlier| earlier.min(due_at)));
    }

    /// Marks the waiting batches as being spread, and returns them.
    pub(super) fn begin_spreading(&mut self) -> Option<Arc<Generation>> {
        self.due_at = None;
        if self.waiting.is_empty() {
            return None;
        }
        let taken = Arc::new(std::mem::take(&mut self.waiting));
        self.spreading = Some(Arc::clone(&taken));
        Some(taken)
    }

    /// Removes the batches that were spread.
    pub(super) fn end_spreading(&mut self) {
        self.spreading = None;
    }

    /// Removes all batches. They are read again from the file at `due_at`.
    pub(super) fn forget_until(&mut self, due_at: Option<Instant>) {
        *self = Pending {
            due_at,
            ..Pending::default()
        };
    }
}
