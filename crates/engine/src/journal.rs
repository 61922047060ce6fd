//! Which segments exist in this page's part of the storage, and the form of an event in
//! them.
//!
//! A *segment* holds what one task wrote, one record per line. It is removed once none of
//! its events is kept any more. It is rewritten only when the page may be about to go, so
//! a task costs one write however many events are waiting.

use std::num::NonZeroU32;

use natero_event::{
    Priority,
    json::{push_ascii, push_int},
    split_once,
};

use crate::{Millis, Wall, backoff::MAX_WAIT, identity::Missing, queue::Draft, time::BLUR};

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

    /// All segments, each with whether it still contains events that are not needed there
    /// any more.
    pub fn segments(&self) -> impl Iterator<Item = (SegmentId, bool)> {
        let segments = self.segments.iter();
        segments.map(|segment| (segment.id, segment.live_bytes < segment.bytes))
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
        let mut sparse = Vec::new();
        for segment in &self.segments {
            if segment.live_bytes * 2 < segment.bytes {
                sparse.push(segment.id);
            }
        }
        sparse
    }

    /// Forgets all segments.
    pub fn clear(&mut self) {
        self.segments.clear();
        self.bytes = 0;
    }
}

/// First character of the record of a wait.
const WAIT: u8 = b'!';

/// Added to the priority digit of an event that may have arrived already, so that the
/// server has to be asked.
const UNCERTAIN: u8 = 4;

/// Appends an event as a record: its priority as a digit, `a` if it lacks the account,
/// `u` if it lacks the user, and its line.
pub(crate) fn write_record(out: &mut String, draft: &Draft, is_uncertain: bool) {
    let flag = if is_uncertain { UNCERTAIN } else { 0 };
    push_ascii(out, b'0' + draft.priority as u8 + flag);
    if draft.missing.account {
        push_ascii(out, b'a');
    }
    if draft.missing.user {
        push_ascii(out, b'u');
    }
    out.push_str(&draft.line);
    push_ascii(out, b'\n');
}

/// Appends the record that the server asked to wait this long from `now` on.
pub(crate) fn write_wait(out: &mut String, wait: Millis, now: Wall) {
    push_ascii(out, WAIT);
    push_int(out, wait.0 as i64);
    push_ascii(out, b'.');
    push_int(out, (now + wait).0 as i64);
    push_ascii(out, b'\n');
}

/// Reads how much longer the server asked to wait. `None`: the wait is over, or this is
/// not such a record. A record that seems to come from the future counts for nothing: the
/// clock was set back since, and pages read the record again and again, each time as a
/// wait from then on.
pub(crate) fn read_wait(record: &str, now: Wall) -> Option<Millis> {
    let (_, wait) = split_once(record, WAIT).filter(|(before, _)| before.is_empty())?;
    let (wait, until) = split_once(wait, b'.')?;
    let remaining = Wall::parse(until)? - now;
    let wait = Millis(Wall::parse(wait)?.0);
    (remaining > Millis::ZERO && remaining <= wait + BLUR).then_some(remaining.min(MAX_WAIT))
}

/// The number of bytes that [`write_record`] appends.
pub(crate) fn record_bytes(draft: &Draft) -> usize {
    let Missing { account, user, .. } = draft.missing;
    1 + usize::from(account) + usize::from(user) + draft.line.len() + 1
}

/// Reads an event back, and whether it is uncertain. All scripts of the origin can write
/// to the storage, so it may contain anything. `None`: this is not a record of ours.
pub(crate) fn read_record(record: &str) -> Option<(Draft, bool)> {
    let digit = record.bytes().next()?.wrapping_sub(b'0');
    let priority = match digit & !UNCERTAIN {
        0 => Priority::PageView,
        1 => Priority::Sync,
        2 => Priority::Usage,
        3 => Priority::Identify,
        _ => return None,
    };
    let rest = &record[1..];
    let (account, rest) = strip_flag(rest, "a");
    let (user, line) = strip_flag(rest, "u");
    if !matches!(line.as_bytes(), [b'{', _, .., b'}']) {
        return None;
    }
    let draft = Draft {
        line: line.to_owned(),
        priority,
        missing: Missing {
            account,
            user,
            ..Missing::default()
        },
    };
    Some((draft, digit & UNCERTAIN > 0))
}

fn strip_flag<'a>(text: &'a str, prefix: &str) -> (bool, &'a str) {
    match text.strip_prefix(prefix) {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draft(priority: Priority, missing: Missing) -> Draft {
        Draft {
            line: r#"{"account_id":"a"}"#.to_owned(),
            priority,
            missing,
        }
    }

    #[test]
    fn a_record_reads_back_as_it_was() {
        use Priority::{Identify, PageView, Sync, Usage};
        for priority in [PageView, Sync, Usage, Identify] {
            for (account, user) in [(false, false), (false, true), (true, false), (true, true)] {
                let missing = Missing {
                    account,
                    user,
                    ..Missing::default()
                };
                let written = draft(priority, missing);
                for is_uncertain in [false, true] {
                    let mut out = String::new();
                    write_record(&mut out, &written, is_uncertain);
                    assert_eq!(out.len(), record_bytes(&written));
                    let record = out.strip_suffix('\n').unwrap();
                    let (read, mark) = read_record(record).unwrap();
                    assert_eq!((&read.line, mark), (&written.line, is_uncertain));
                    assert_eq!((read.priority, read.missing), (priority, missing));
                }
            }
        }
    }

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

    #[test]
    fn a_wait_reads_back_as_what_is_left_of_it_unless_the_clock_was_set_back() {
        let now = Wall(1_700_000_000_000.0);
        let mut out = String::new();
        write_wait(&mut out, Millis(60_000.0), now);
        let record = out.trim_end();
        let read = |ms: f64| read_wait(record, now + Millis(ms));
        assert_eq!(read(20_000.0), Some(Millis(40_000.0)));
        assert_eq!(read(60_000.0), None);
        assert_eq!(read(-100.0), Some(Millis(60_100.0)));
        assert_eq!(read(-3_600_000.0), None);
        for wrong in ["", ".", "!", "!.", "!1", "!1.x", "2{\"a\":1.5}", "!é.5"] {
            assert_eq!(read_wait(wrong, now), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn foreign_content_is_no_record_and_harms_nobody(text in any::<String>()) {
            if let Some((draft, _)) = read_record(&text) {
                prop_assert_eq!(draft.line.as_bytes()[0], b'{');
            }
        }

        #[test]
        fn a_record_that_was_cut_short_is_no_record(cut in 0usize..20) {
            let mut out = String::new();
            write_record(&mut out, &draft(Priority::Usage, Missing::default()), false);
            let record = &out[..cut.min(out.len() - 2)];
            prop_assert!(read_record(record).is_none(), "{record}");
        }
    }
}
