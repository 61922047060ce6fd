//! Which segments exist in this page's part of the storage.
//!
//! A *segment* holds what one task wrote, one record per line. It is removed once none of
//! its events is kept any more. It is rewritten only when the page may be about to go, so
//! a task costs one write however many events are waiting.

use std::num::NonZeroU32;

/// Largest segment, in bytes. A burst is spread over several segments, so that one slow
/// event does not hold megabytes in storage and a reader never gets one huge text.
pub(crate) const SEGMENT_BYTES: usize = 64 * 1024;

/// Names a segment within its page's part of the storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "typescript",
    derive(serde::Serialize, tsify::Tsify),
    tsify(type = "number")
)]
pub struct SegmentId(pub NonZeroU32);

#[derive(Debug)]
struct Segment {
    id: SegmentId,
    /// Events in it that are still kept.
    live: u32,
    /// Size of their records, in bytes.
    live_bytes: usize,
    bytes: usize,
}

/// Which segments exist, and how much they hold.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    segments: Vec<Segment>,
    last: u32,
    bytes: usize,
}

impl Journal {
    /// Size of all segments, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the next segment.
    pub fn next(&self) -> SegmentId {
        SegmentId(NonZeroU32::MIN.saturating_add(self.last))
    }

    /// Notes that the next segment is written.
    pub fn append(&mut self, events: u32, bytes: usize) {
        let id = self.next();
        self.last += 1;
        self.bytes += bytes;
        self.segments.push(Segment {
            id,
            live: events,
            live_bytes: bytes,
            bytes,
        });
    }

    /// Notes that a segment's event is not needed there any more. Returns whether it was
    /// the last one, so that the segment can be removed.
    pub fn release(&mut self, id: SegmentId, record_bytes: usize) -> bool {
        let Some(at) = self.segments.iter().position(|segment| segment.id == id) else {
            return false;
        };
        let segment = &mut self.segments[at];
        segment.live -= 1;
        segment.live_bytes -= record_bytes;
        let is_empty = segment.live == 0;
        if is_empty {
            self.bytes -= segment.bytes;
            self.segments.remove(at);
        }
        is_empty
    }

    /// Segments that contain events that are not needed there any more.
    pub fn stale(&self) -> Vec<SegmentId> {
        self.segments_with(|segment| segment.live_bytes < segment.bytes)
    }

    /// Notes that a segment was rewritten with only the events that are still kept.
    pub fn rewritten(&mut self, id: SegmentId, bytes: usize) {
        for segment in &mut self.segments {
            if segment.id == id {
                self.bytes = self.bytes + bytes - segment.bytes;
                segment.bytes = bytes;
            }
        }
    }

    /// Forgets a segment that could not be written.
    pub fn forget(&mut self, id: SegmentId) {
        if let Some(at) = self.segments.iter().position(|segment| segment.id == id) {
            self.bytes -= self.segments.remove(at).bytes;
        }
    }

    /// Segments whose kept events fill less than half of them. Rewriting these makes
    /// room.
    pub fn sparse(&self) -> Vec<SegmentId> {
        self.segments_with(|segment| segment.live_bytes * 2 < segment.bytes)
    }

    fn segments_with(&self, condition: impl Fn(&Segment) -> bool) -> Vec<SegmentId> {
        let mut found = Vec::new();
        for segment in &self.segments {
            if condition(segment) {
                found.push(segment.id);
            }
        }
        found
    }

    /// Forgets all segments.
    pub fn clear(&mut self) {
        self.segments.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_over_with_its_last_event_and_sparse_before() {
        let mut journal = Journal::default();
        let id = journal.next();
        journal.append(3, 30);
        assert!(!journal.release(id, 10));
        assert!(journal.sparse().is_empty());
        assert!(!journal.release(id, 10));
        assert_eq!(journal.sparse(), [id]);
        assert!(journal.release(id, 10));
        assert_eq!(journal.bytes(), 0);
        assert!(!journal.release(id, 10), "nothing is released twice");
    }
}
