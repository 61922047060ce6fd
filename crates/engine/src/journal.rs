//! What of the queue is stored, so that it survives the page.
//!
//! A *segment* is what one tick wrote: a record a line. It is removed once none
//! of its events is kept any more. Nothing is ever written into a segment
//! again, so a tick costs one write whatever waits.

use crate::queue::{Draft, Waiting};
use natero_event::Value;

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
        let segments = core::mem::take(&mut self.segments);
        segments.iter().map(|segment| segment.number).collect()
    }
}

/// Appends an event as a record: a digit, what was known of account and user
/// where the event waits for them, and the line.
pub(crate) fn put(out: &mut String, line: &str, value: Value, waiting: Option<&Waiting>) {
    let digit = value as u8 + 4 * u8::from(waiting.is_some());
    out.push((b'0' + digit) as char);
    if let Some(Waiting { account, user }) = waiting {
        for id in [account, user] {
            out.push_str(id.as_deref().unwrap_or(""));
            out.push(SEPARATOR);
        }
    }
    out.push_str(line);
    out.push('\n');
}

/// Stands in no id: the facade sees to that.
const SEPARATOR: char = '\0';

/// Reads a record back. Storage belongs to the whole host page, so anything
/// may stand there: what is no record of ours is `None`.
pub(crate) fn take(record: &str) -> Option<Draft> {
    let digit = record.bytes().next()?.wrapping_sub(b'0');
    let value = match digit & 3 {
        0 => Value::PageView,
        1 => Value::Sync,
        2 => Value::Usage,
        _ => Value::Identify,
    };
    let mut line = record.get(1..)?;
    let waiting = match digit {
        0..4 => None,
        4..8 => {
            let account = id(&mut line)?;
            let user = id(&mut line)?;
            Some(Box::new(Waiting { account, user }))
        }
        _ => return None,
    };
    let whole = line.len() > 2 && line.starts_with('{') && line.ends_with('}');
    whole.then(|| Draft {
        line: line.to_owned(),
        value,
        waiting,
    })
}

fn id(line: &mut &str) -> Option<Option<String>> {
    let end = line.bytes().position(|byte| byte == SEPARATOR as u8)?;
    let id = &line[..end];
    *line = &line[end + 1..];
    Some((!id.is_empty()).then(|| id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_record_reads_back_as_it_was() {
        let waiting = Waiting {
            account: None,
            user: Some("ann".into()),
        };
        for waiting in [None, Some(&waiting)] {
            for value in [Value::PageView, Value::Sync, Value::Usage, Value::Identify] {
                let mut out = String::new();
                put(&mut out, r#"{"a":1}"#, value, waiting);
                let draft = take(out.strip_suffix('\n').unwrap()).unwrap();
                assert_eq!(draft.line, r#"{"a":1}"#);
                assert_eq!(draft.value, value);
                assert_eq!(draft.waiting.as_deref(), waiting);
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
            put(&mut out, r#"{"account_id":"a"}"#, Value::Usage, None);
            let record = &out[..cut.min(out.len() - 2)];
            prop_assert!(take(record).is_none(), "{record}");
        }
    }
}
