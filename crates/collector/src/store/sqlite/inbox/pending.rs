//! The batches of the inbox that are not in the tables yet, as memory has them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::batch::{Batch, Waiting};
use crate::{
    model::fast_map::{FastMap, FastSet},
    store::{event_key::IdKey, new_event::NewEvent},
};

/// With so many events they are spread at once. That takes some tens of ms, for which a
/// question may have to wait.
pub(super) const ENOUGH_EVENTS: usize = 2_000;
/// With so many bytes of lines they are spread at once.
const ENOUGH_BYTES: usize = 2 * 1024 * 1024;
/// So many may wait while others are spread. The more are spread together, the less each
/// takes: where 16 connections send events of 500 accounts, 8,000 a time make 1.1 times
/// the throughput of a plain handler, and 32,000 make 1.6. Only where more arrive than the
/// writer can spread are there so many.
pub(super) const MOST_EVENTS: usize = 32_000;
/// So many bytes of lines may wait while others are spread: they are in memory, too.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// How long a batch waits while nobody asks: long enough for many batches, since each
/// spreading writes and flushes the same pages again, and short for programs that read
/// the file.
pub(super) const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// Batches that are spread together.
#[derive(Debug, Default)]
pub(in crate::store::sqlite) struct Generation {
    batches: Vec<Waiting>,
    /// The ids of their events.
    ids: FastSet<IdKey>,
    /// The users of their events, and the account that each names.
    users: FastMap<String, String>,
    bytes: usize,
}

impl Generation {
    pub(super) fn batches(&self) -> &[Waiting] {
        &self.batches
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    pub(super) fn has(&self, id: &IdKey) -> bool {
        self.ids.contains(id)
    }

    pub(super) fn account_of(&self, user_id: &str) -> Option<&str> {
        self.users.get(user_id).map(String::as_str)
    }

    fn reaches(&self, events: usize, bytes: usize) -> bool {
        self.ids.len() >= events || self.bytes >= bytes
    }
}

/// The batches that wait, and those that are being spread.
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

    /// Whether no more may wait before some were spread.
    pub(super) fn is_full(&self) -> bool {
        let spreading = self
            .spreading
            .as_ref()
            .map_or(0, |generation| generation.ids.len());
        self.waiting.reaches(MOST_EVENTS, MOST_BYTES)
            || self.waiting.ids.len() + spreading >= 2 * MOST_EVENTS
    }

    /// Those that wait and those that are being spread.
    pub(super) fn generations(&self) -> impl Iterator<Item = &Generation> {
        std::iter::once(&self.waiting).chain(self.spreading.as_deref())
    }

    /// The bytes of all lines.
    pub(super) fn bytes(&self) -> usize {
        self.generations().map(|generation| generation.bytes).sum()
    }

    /// When they have to be spread at the latest; `None` while none waits.
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
        self.waiting.batches.push(Waiting { number, batch });
        let wait = if self.waiting.reaches(ENOUGH_EVENTS, ENOUGH_BYTES) {
            Duration::ZERO
        } else {
            LONGEST_WAIT
        };
        let due_at = Instant::now() + wait;
        self.due_at = Some(self.due_at.map_or(due_at, |earlier| earlier.min(due_at)));
    }

    /// Takes those that wait, to spread them.
    pub(super) fn begin_spreading(&mut self) -> Option<Arc<Generation>> {
        self.due_at = None;
        if self.waiting.is_empty() {
            return None;
        }
        let taken = Arc::new(std::mem::take(&mut self.waiting));
        self.spreading = Some(Arc::clone(&taken));
        Some(taken)
    }

    /// Forgets those that were spread.
    pub(super) fn end_spreading(&mut self) {
        self.spreading = None;
    }

    /// Forgets all, until a moment at which they are to be looked at again.
    pub(super) fn forget_until(&mut self, due_at: Option<Instant>) {
        *self = Pending {
            due_at,
            ..Pending::default()
        };
    }
}
