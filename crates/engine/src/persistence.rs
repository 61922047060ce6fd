//! Decides when to store waiting events, so that they survive the page.

use crate::{
    Effect,
    effect::Effects,
    journal::{Journal, SEGMENT_BYTES, SegmentId},
    queue::Queue,
};

/// Keeps the queue's events in this page's part of the storage.
#[derive(Debug)]
pub(crate) struct Storage {
    journal: Journal,
    max_bytes: usize,
    /// [`Effect::PersistAtTaskEnd`] was requested and not answered yet.
    is_scheduled: bool,
    /// The last writes may still fail. The host reports a failure at once.
    writes_may_fail: bool,
}

impl Storage {
    /// Keeps at most `max_bytes` in storage. Events beyond that stay in memory.
    pub fn new(max_bytes: usize) -> Storage {
        Storage {
            journal: Journal::default(),
            max_bytes,
            is_scheduled: false,
            writes_may_fail: false,
        }
    }

    /// Makes sure that accepted events are stored when the current task ends.
    pub fn schedule(&mut self, queue: &Queue, effects: &mut Effects) {
        if !self.is_scheduled && queue.unstored() > 0 {
            self.is_scheduled = true;
            effects.push(Effect::PersistAtTaskEnd);
        }
    }

    /// The task that [`Storage::schedule`] waited for has ended.
    pub fn task_ended(&mut self) {
        self.is_scheduled = false;
    }

    /// Writes the events that are not stored yet, as far as they fit.
    pub fn write(&mut self, queue: &mut Queue, effects: &mut Effects) {
        self.remove_freed(queue, effects);
        if queue.unstored() > 0 && self.room() < SEGMENT_BYTES {
            self.compact(queue, effects);
        }
        self.write_within(0, self.room(), queue, effects);
    }

    /// Rewrites segments for a page that may be about to go, without the events that are
    /// not kept any more.
    pub fn rewrite(&mut self, queue: &Queue, effects: &mut Effects) {
        for segment in self.journal.stale() {
            let records = queue.records_of(segment);
            // This same input dropped its events, so the segment is removed next.
            if records.is_empty() {
                continue;
            }
            self.journal.rewritten(segment, records.len());
            effects.push(Effect::Store { segment, records });
        }
    }

    /// Writes only the events that were adopted from storage, which are those numbered
    /// `from` or higher. This needs no additional room, because the host removes the
    /// original afterwards.
    pub fn write_adopted(&mut self, from: u32, queue: &mut Queue, effects: &mut Effects) {
        self.write_within(from, usize::MAX, queue, effects);
    }

    fn room(&self) -> usize {
        self.max_bytes.saturating_sub(self.journal.bytes())
    }

    fn write_within(
        &mut self,
        from: u32,
        mut room: usize,
        queue: &mut Queue,
        effects: &mut Effects,
    ) {
        while let Some(batch) = queue.store(from, self.journal.next(), room) {
            room = room.saturating_sub(batch.body.len());
            self.append(batch.events, batch.body, effects);
        }
    }

    /// Moves the events of sparse segments into new ones. A segment stays as large as it
    /// was while one of its events still waits.
    fn compact(&mut self, queue: &mut Queue, effects: &mut Effects) {
        let sparse = self.journal.sparse();
        while let Some(batch) = queue.store_again(&sparse, self.journal.next()) {
            self.append(batch.events, batch.body, effects);
        }
    }

    fn append(&mut self, events: u32, records: String, effects: &mut Effects) {
        let segment = self.journal.next();
        self.journal.append(events, records.len());
        self.writes_may_fail = true;
        effects.push(Effect::Store { segment, records });
    }

    /// Storage is full or blocked. The events stay in memory for now.
    pub fn write_failed(&mut self, segment: SegmentId, queue: &mut Queue) {
        self.journal.forget(segment);
        queue.write_failed(segment);
    }

    /// Notes that the host has performed all effects and reported no further failure.
    pub fn writes_succeeded(&mut self, queue: &mut Queue) {
        if std::mem::take(&mut self.writes_may_fail) {
            queue.writes_succeeded();
        }
    }

    /// Removes segments whose events are all gone. Returns whether there were any, which
    /// made room.
    pub fn remove_freed(&mut self, queue: &mut Queue, effects: &mut Effects) -> bool {
        let mut removed = false;
        for freed in queue.take_freed() {
            if self.journal.release(freed.segment, freed.record_bytes) {
                let segment = freed.segment;
                effects.push(Effect::RemoveSegment { segment });
                removed = true;
            }
        }
        removed
    }

    /// Forgets what is stored, because another page adopted it or it was erased.
    pub fn forget(&mut self) {
        self.journal.clear();
        self.writes_may_fail = false;
    }
}
