//! Which segments hold the events, and which do not any more.

use super::{
    Batch, Queue, Selection,
    entry::{Entry, Progress},
};
use crate::{
    SegmentId,
    journal::{self, SEGMENT_BYTES},
};

/// An event that a segment does not hold any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Freed {
    pub segment: SegmentId,
    pub record_bytes: usize,
}

impl Queue {
    /// Takes the oldest events from this number on that no segment holds into this one,
    /// as records of at most `max_bytes`, or of [`SEGMENT_BYTES`] and the record that
    /// reaches them. What is too large for what is left of that makes way for what is
    /// not.
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
            if bytes + journal::record_bytes(&entry.draft) > max_bytes {
                continue;
            }
            entry.write_record(&mut batch.body);
            batch.events += 1;
            entry.segment = Some(segment);
            self.unstored -= 1;
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// Takes events of these segments into another one, as records.
    pub fn store_again(&mut self, from: &[SegmentId], segment: SegmentId) -> Option<Batch> {
        let mut batch = Batch::default();
        for entry in &mut self.entries {
            if batch.body.len() >= SEGMENT_BYTES {
                break;
            }
            if entry.replaces.is_none() && entry.segment.is_some_and(|held| from.contains(&held)) {
                entry.write_record(&mut batch.body);
                batch.events += 1;
                entry.replaces = entry.segment.replace(segment);
            }
        }
        (!batch.is_empty()).then_some(batch)
    }

    /// The segments that hold events which requests carry.
    pub fn segments_under_way(&self) -> Vec<SegmentId> {
        let mut found = Vec::new();
        for entry in &self.entries {
            if let (Progress::Carried(_), Some(segment)) = (entry.progress, entry.segment)
                && !found.contains(&segment)
            {
                found.push(segment);
            }
        }
        found
    }

    /// The records of what a segment still holds, as they stand now.
    pub fn records_of(&self, segment: SegmentId) -> String {
        let mut records = String::new();
        for entry in &self.entries {
            if entry.segment == Some(segment) || entry.replaces == Some(segment) {
                entry.write_record(&mut records);
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

    /// Notes that all segments asked for were written: what they replace is
    /// freed.
    pub fn writes_succeeded(&mut self) {
        for entry in &mut self.entries {
            let record_bytes = journal::record_bytes(&entry.draft);
            free(&mut self.freed, entry.replaces.take(), record_bytes);
        }
    }

    /// Takes the events that segments do not hold any more.
    pub fn take_freed(&mut self) -> Vec<Freed> {
        std::mem::take(&mut self.freed)
    }

    /// Forgets what storage has, and returns how many events of that this page made.
    pub fn leave_to_storage(&mut self) -> u32 {
        let is_left = |entry: &&Entry| entry.is_own && entry.segment.is_some();
        let left = self.entries.iter().filter(is_left).count();
        self.remove(Selection::Stored);
        self.freed.clear();
        left as u32
    }
}

/// Notes that a segment, if it is one, does not hold an event any more.
pub(super) fn free(freed: &mut Vec<Freed>, segment: Option<SegmentId>, record_bytes: usize) {
    if let Some(segment) = segment {
        freed.push(Freed {
            segment,
            record_bytes,
        });
    }
}
