//! Which segments hold the events, and which ones hold them no longer.

use super::{Batch, Queue, Selection, entry::Entry};
use crate::{SegmentId, journal::SEGMENT_BYTES, stored_record};

/// An event that its segment need not hold any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FreedRecord {
    pub segment: SegmentId,
    pub record_bytes: usize,
}

impl Queue {
    /// Assigns the oldest unstored events with this number or a higher one to a segment,
    /// and returns their records. They take at most `max_bytes`. The segment is full with
    /// the record that reaches [`SEGMENT_BYTES`]. An event too large for the remaining
    /// room is skipped in favour of smaller ones.
    pub fn store(&mut self, from: u32, segment: SegmentId, max_bytes: usize) -> Option<Batch> {
        let mut batch = Batch::default();
        if self.unstored == 0 {
            return None;
        }
        let unstored = |entry: &&mut Entry| entry.number >= from && entry.segment.is_none();
        for entry in self.entries.iter_mut().filter(unstored) {
            let bytes = batch.body.len();
            if bytes >= SEGMENT_BYTES {
                break;
            }
            if bytes + stored_record::record_bytes(&entry.draft) > max_bytes {
                continue;
            }
            stored_record::write_record(&mut batch.body, &entry.draft);
            batch.events += 1;
            entry.segment = Some(segment);
            self.unstored -= 1;
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Moves events of these segments into another one, and returns their records.
    pub fn store_again(&mut self, from: &[SegmentId], segment: SegmentId) -> Option<Batch> {
        let mut batch = Batch::default();
        for entry in &mut self.entries {
            if batch.body.len() >= SEGMENT_BYTES {
                break;
            }
            if entry.replaces.is_none()
                && entry.segment.is_some_and(|current| from.contains(&current))
            {
                stored_record::write_record(&mut batch.body, &entry.draft);
                batch.events += 1;
                entry.replaces = entry.segment.replace(segment);
            }
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// The current records of the events that a segment holds.
    pub fn records_of(&self, segment: SegmentId) -> String {
        let mut records = String::new();
        for entry in &self.entries {
            if entry.segment == Some(segment) || entry.replaces == Some(segment) {
                stored_record::write_record(&mut records, &entry.draft);
            }
        }
        records
    }

    /// Notes that a segment could not be written.
    pub fn write_failed(&mut self, segment: SegmentId) {
        for entry in &mut self.entries {
            if entry.segment == Some(segment) {
                entry.segment = entry.replaces.take();
                self.unstored += usize::from(entry.segment.is_none());
            }
        }
    }

    /// Notes that all requested writes succeeded. The segments that they replace are
    /// freed.
    pub fn writes_succeeded(&mut self) {
        for entry in &mut self.entries {
            let record_bytes = stored_record::record_bytes(&entry.draft);
            free(&mut self.freed, entry.replaces.take(), record_bytes);
        }
    }

    /// Takes the list of events that segments need not hold any more.
    pub fn take_freed(&mut self) -> Vec<FreedRecord> {
        std::mem::take(&mut self.freed)
    }

    /// Forgets the events that are in storage. Returns how many of them this page
    /// recorded.
    pub fn leave_to_storage(&mut self) -> u32 {
        let is_own_stored = |entry: &&Entry| entry.is_own && entry.segment.is_some();
        let count = self.entries.iter().filter(is_own_stored).count();
        self.remove(Selection::Stored);
        self.freed.clear();
        count as u32
    }
}

/// Notes that a segment, if there is one, need not hold an event any more.
pub(super) fn free(freed: &mut Vec<FreedRecord>, segment: Option<SegmentId>, record_bytes: usize) {
    if let Some(segment) = segment {
        freed.push(FreedRecord {
            segment,
            record_bytes,
        });
    }
}
