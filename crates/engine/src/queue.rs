//! Events that the server has not confirmed, oldest first, within a bound.

use crate::journal;
use natero_event::{Value, json::push_ascii, put_identity};

/// What of the identity an event lacks, as bits.
pub(crate) const NO_ACCOUNT: u8 = 1;
pub(crate) const NO_USER: u8 = 2;

/// A written event on its way into the queue.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The event as a line of JSON.
    pub line: String,
    pub value: Value,
    /// [`NO_ACCOUNT`] and [`NO_USER`]: it has to wait for them.
    pub lacks: u8,
}

/// An event that is kept.
#[derive(Debug)]
struct Entry {
    draft: Draft,
    /// The request that carries it, or 0.
    flight: u32,
    /// The stored segment that holds it, or 0.
    segment: u32,
}

impl Entry {
    fn is_ready(&self) -> bool {
        self.draft.lacks == 0 && self.flight == 0
    }

    /// With the line end.
    fn bytes(&self) -> usize {
        self.draft.line.len() + 1
    }
}

/// Which entries go.
#[derive(Clone, Copy)]
enum Which {
    Flight(u32),
    Stored,
    All,
}

/// What to put into one request, or into one segment.
pub(crate) struct Batch {
    pub body: String,
    pub events: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: Vec<Entry>,
    bytes: usize,
    ready: usize,
    unstored: usize,
    /// Segments of events that are not kept any more, one for each.
    pub freed: Vec<u32>,
}

impl Queue {
    /// Events kept, whatever their state.
    pub fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Events that could be sent now.
    pub fn ready(&self) -> usize {
        self.ready
    }

    /// Events that no segment holds.
    pub fn unstored(&self) -> usize {
        self.unstored
    }

    pub fn push(&mut self, draft: Draft) {
        let entry = Entry {
            draft,
            flight: 0,
            segment: 0,
        };
        self.bytes += entry.bytes();
        self.ready += usize::from(entry.is_ready());
        self.unstored += 1;
        self.entries.push(entry);
    }

    /// Drops the oldest events of the lowest value until the rest fits, and
    /// tells how many. What is in flight stays: the server may have it.
    pub fn keep_within(&mut self, bound: usize) -> u32 {
        let mut dropped = 0;
        while self.bytes > bound {
            let mut least = None;
            for (at, entry) in self.entries.iter().enumerate() {
                // The first of equals is the oldest.
                if entry.flight == 0 && least.is_none_or(|(value, _)| entry.draft.value < value) {
                    least = Some((entry.draft.value, at));
                }
            }
            let Some((_, at)) = least else { break };
            let entry = self.entries.remove(at);
            self.forget(&entry);
            dropped += 1;
        }
        dropped
    }

    /// Account and user are known: what waited for them is ready, and to be
    /// stored anew.
    pub fn release(&mut self, account: &str, user: &str) {
        for entry in &mut self.entries {
            let lacks = core::mem::take(&mut entry.draft.lacks);
            if lacks != 0 {
                self.bytes -= entry.draft.line.len();
                entry.draft.line = put_identity(
                    &entry.draft.line,
                    if lacks & NO_ACCOUNT == 0 { "" } else { account },
                    if lacks & NO_USER == 0 { "" } else { user },
                );
                self.bytes += entry.draft.line.len();
                self.ready += 1;
                if entry.segment != 0 {
                    self.freed.push(entry.segment);
                    entry.segment = 0;
                    self.unstored += 1;
                }
            }
        }
    }

    /// The oldest ready events, at least one where there is one, as many as
    /// fit into `max_events` and `max_bytes`; they are in flight from now on.
    pub fn take(&mut self, flight: u32, max_events: usize, max_bytes: usize) -> Option<Batch> {
        let mut batch = Batch {
            body: String::new(),
            events: 0,
        };
        for entry in self.entries.iter_mut().filter(|entry| entry.is_ready()) {
            let full =
                batch.events as usize >= max_events || batch.body.len() + entry.bytes() > max_bytes;
            if full && batch.events > 0 {
                break;
            }
            if batch.events == 0 {
                batch.body.reserve(max_bytes.min(self.bytes));
            }
            batch.body.push_str(&entry.draft.line);
            push_ascii(&mut batch.body, b'\n');
            batch.events += 1;
            entry.flight = flight;
            self.ready -= 1;
        }
        (batch.events > 0).then_some(batch)
    }

    /// Bytes of the event that [`Queue::take`] would begin with.
    pub fn next_bytes(&self) -> Option<usize> {
        let next = self.entries.iter().find(|entry| entry.is_ready());
        next.map(Entry::bytes)
    }

    /// The oldest events that no segment holds, as records for this one.
    pub fn store(&mut self, segment: u32) -> Option<Batch> {
        let mut batch = Batch {
            body: String::new(),
            events: 0,
        };
        if self.unstored == 0 {
            return None;
        }
        for entry in self.entries.iter_mut().filter(|entry| entry.segment == 0) {
            if batch.body.len() >= journal::SEGMENT_BYTES {
                break;
            }
            journal::put(&mut batch.body, &entry.draft);
            batch.events += 1;
            entry.segment = segment;
            self.unstored -= 1;
        }
        Some(batch)
    }

    /// No segment of this number came to be.
    pub fn not_stored(&mut self, segment: u32) {
        for entry in &mut self.entries {
            if entry.segment == segment {
                entry.segment = 0;
                self.unstored += 1;
            }
        }
    }

    /// All events are to be stored anew: their segments are forgotten.
    pub fn store_again(&mut self) {
        self.unstored = self.entries.len();
        self.freed.clear();
        for entry in &mut self.entries {
            entry.segment = 0;
        }
    }

    /// Forgets what a request carried, and tells how many events that was.
    pub fn confirm(&mut self, flight: u32) -> u32 {
        self.remove(Which::Flight(flight))
    }

    /// Forgets what storage has.
    pub fn leave_to_storage(&mut self) {
        self.remove(Which::Stored);
        self.freed.clear();
    }

    /// Drops everything, and tells how many events that was.
    pub fn clear(&mut self) -> u32 {
        self.remove(Which::All)
    }

    fn remove(&mut self, which: Which) -> u32 {
        let before = self.len();
        for entry in std::mem::take(&mut self.entries) {
            let over = match which {
                Which::Flight(flight) => entry.flight == flight,
                Which::Stored => entry.segment != 0,
                Which::All => true,
            };
            if over {
                self.forget(&entry);
            } else {
                self.entries.push(entry);
            }
        }
        before - self.len()
    }

    /// An entry is not among them any more.
    fn forget(&mut self, entry: &Entry) {
        self.bytes -= entry.bytes();
        self.ready -= usize::from(entry.is_ready());
        if entry.segment == 0 {
            self.unstored -= 1;
        } else {
            self.freed.push(entry.segment);
        }
    }

    /// What a request carried is to be sent again; tells how many events.
    pub fn give_back(&mut self, flight: u32) -> usize {
        let mut count = 0;
        for entry in &mut self.entries {
            if entry.flight == flight {
                entry.flight = 0;
                count += 1;
            }
        }
        self.ready += count;
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(value: Value, tag: u32) -> Draft {
        Draft {
            line: format!(r#"{{"tag":{tag}}}"#),
            value,
            lacks: 0,
        }
    }

    fn lines(batch: Option<Batch>) -> Vec<String> {
        let body = batch.map(|batch| batch.body).unwrap_or_default();
        body.lines().map(str::to_owned).collect()
    }

    #[test]
    fn over_the_bound_the_oldest_of_the_lowest_value_go_first() {
        let mut queue = Queue::default();
        for (tag, value) in [
            Value::Identify,
            Value::Usage,
            Value::Sync,
            Value::PageView,
            Value::PageView,
        ]
        .into_iter()
        .enumerate()
        {
            queue.push(draft(value, tag as u32));
        }
        let gone = |queue: &mut Queue| {
            let bound = queue.bytes - 1;
            assert_eq!(queue.keep_within(bound), 1);
            let left: Vec<String> = queue.entries.iter().map(|e| e.draft.line.clone()).collect();
            (0..5u32)
                .filter(|tag| !left.iter().any(|l| l.contains(&format!("\"tag\":{tag}"))))
                .collect::<Vec<u32>>()
        };
        assert_eq!(gone(&mut queue), [3]);
        assert_eq!(gone(&mut queue), [3, 4]);
        assert_eq!(gone(&mut queue), [2, 3, 4]);
        assert_eq!(gone(&mut queue), [1, 2, 3, 4]);
    }

    #[test]
    fn what_is_in_flight_is_neither_taken_again_nor_evicted() {
        let mut queue = Queue::default();
        queue.push(draft(Value::PageView, 0));
        queue.push(draft(Value::Usage, 1));
        assert_eq!(lines(queue.take(7, 1, 1000)).len(), 1);
        assert_eq!(queue.keep_within(0), 1);
        assert_eq!(queue.len(), 1);
        assert!(queue.take(8, 10, 1000).is_none());
        assert_eq!(queue.give_back(7), 1);
        assert_eq!(lines(queue.take(9, 10, 1000)).len(), 1);
        assert_eq!(queue.confirm(9), 1);
        assert_eq!((queue.len(), queue.bytes, queue.ready()), (0, 0, 0));
    }

    #[test]
    fn a_batch_ends_before_it_grows_too_large_but_one_event_always_goes() {
        let mut queue = Queue::default();
        for tag in 0..3 {
            queue.push(draft(Value::Usage, tag));
        }
        let one = queue.entries[0].bytes();
        assert_eq!(lines(queue.take(1, 50, 2 * one)).len(), 2);
        assert_eq!(lines(queue.take(2, 50, 1)).len(), 1);
    }
}
