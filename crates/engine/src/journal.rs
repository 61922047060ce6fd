//! What of the queue is stored, so that it survives the page.
//!
//! A *segment* is what one tick wrote: a record a line. It is removed once none
//! of its events is kept any more. Nothing is ever written into a segment
//! again, so a tick costs one write whatever waits.

use crate::queue::Draft;
use natero_event::{
    Value,
    json::{owned, push_ascii},
};

/// Largest segment, in bytes. A burst is spread over several, so that one slow
/// event does not hold MBs in storage, and a reader never gets one huge text.
pub(crate) const SEGMENT_BYTES: usize = 64 * 1024;

#[derive(Debug)]
struct Segment {
    number: u32,
    live: u32,
    bytes: usize,
}

/// Which segments exist, and how much is in them.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    segments: Vec<Segment>,
    last: u32,
    bytes: usize,
}

impl Journal {
    /// Bytes of all segments.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the next segment; 0 is never one.
    pub fn next(&self) -> u32 {
        self.last + 1
    }

    /// The next segment was written.
    pub fn wrote(&mut self, live: u32, bytes: usize) {
        self.last += 1;
        self.bytes += bytes;
        self.segments.push(Segment {
            number: self.last,
            live,
            bytes,
        });
    }

    /// An event of a segment is not kept any more. Returns whether the segment
    /// is over by that.
    pub fn release(&mut self, number: u32) -> bool {
        let found = self.segments.iter_mut().position(|segment| {
            let found = segment.number == number;
            segment.live -= u32::from(found);
            found && segment.live == 0
        });
        if let Some(at) = found {
            self.bytes -= self.segments.remove(at).bytes;
        }
        found.is_some()
    }

    /// Forgets a segment.
    pub fn forget(&mut self, number: u32) {
        while self.segments.iter().any(|segment| segment.number == number) {
            self.release(number);
        }
    }

    /// Forgets all segments and returns their numbers.
    pub fn clear(&mut self) -> Vec<u32> {
        self.bytes = 0;
        let mut numbers = Vec::new();
        for segment in core::mem::take(&mut self.segments) {
            numbers.push(segment.number);
        }
        numbers
    }
}

/// Appends an event as a record: a letter that says what it is worth and what
/// it lacks, and the line.
pub(crate) fn put(out: &mut String, draft: &Draft) {
    push_ascii(out, FIRST + draft.value as u8 + 4 * draft.lacks);
    out.push_str(&draft.line);
    push_ascii(out, b'\n');
}

/// The first of the 16 letters.
const FIRST: u8 = b'A';

/// Reads a record back. Storage belongs to the whole host page, so anything
/// may stand there: what is no record of ours is `None`.
pub(crate) fn take(record: &str) -> Option<Draft> {
    let letter = record.bytes().next()?.wrapping_sub(FIRST);
    let value = match letter & 3 {
        0 => Value::PageView,
        1 => Value::Sync,
        2 => Value::Usage,
        _ => Value::Identify,
    };
    let line = record.get(1..)?;
    let whole = matches!(line.as_bytes(), [b'{', _, .., b'}']);
    (letter < 16 && whole).then(|| Draft {
        line: owned(line),
        value,
        lacks: letter >> 2,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draft(value: Value, lacks: u8) -> Draft {
        Draft {
            line: r#"{"account_id":"a"}"#.to_owned(),
            value,
            lacks,
        }
    }

    #[test]
    fn a_record_reads_back_as_it_was() {
        for lacks in 0..4 {
            for value in [Value::PageView, Value::Sync, Value::Usage, Value::Identify] {
                let mut out = String::new();
                put(&mut out, &draft(value, lacks));
                let read = take(out.strip_suffix('\n').unwrap()).unwrap();
                assert_eq!(read.line, r#"{"account_id":"a"}"#);
                assert_eq!((read.value, read.lacks), (value, lacks));
            }
        }
    }

    proptest! {
        #[test]
        fn foreign_content_is_no_record_and_harms_nobody(text in any::<String>()) {
            if let Some(draft) = take(&text) {
                prop_assert_eq!(draft.line.as_bytes()[0], b'{');
            }
        }

        #[test]
        fn a_record_that_was_cut_short_is_no_record(cut in 0usize..20) {
            let mut out = String::new();
            put(&mut out, &draft(Value::Usage, 0));
            let record = &out[..cut.min(out.len() - 2)];
            prop_assert!(take(record).is_none(), "{record}");
        }
    }
}
