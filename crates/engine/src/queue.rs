//! Events that the server has not confirmed, oldest first, within a bound.

use natero_event::{Value, put_identity};

/// What was known of account and user when an event was made that has to wait
/// for both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// The account, where it was known.
    pub account: Option<String>,
    /// The user, where it was known.
    pub user: Option<String>,
}

/// A written event on its way into the queue.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The event as a line of JSON.
    pub line: String,
    pub value: Value,
    /// What it lacks, where it has to wait for account or user.
    pub waiting: Option<Box<Waiting>>,
}

/// An event that is kept.
#[derive(Debug)]
struct Entry {
    line: String,
    value: Value,
    /// Account or user is not known yet.
    waiting: Option<Box<Waiting>>,
    /// The request that carries it, or 0.
    flight: u32,
}

impl Entry {
    fn is_ready(&self) -> bool {
        self.waiting.is_none() && self.flight == 0
    }

    /// With the line end.
    fn bytes(&self) -> usize {
        self.line.len() + 1
    }
}

/// What to put into one request.
pub(crate) struct Batch {
    pub body: String,
    pub events: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: Vec<Entry>,
    bytes: usize,
    ready: usize,
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

    pub fn push(&mut self, draft: Draft) {
        let entry = Entry {
            value: draft.value,
            line: draft.line,
            waiting: draft.waiting,
            flight: 0,
        };
        self.bytes += entry.bytes();
        self.ready += usize::from(entry.is_ready());
        self.entries.push(entry);
    }

    /// Drops the oldest events of the lowest value until the rest fits, and
    /// tells how many. What is in flight stays: the server may have it.
    pub fn keep_within(&mut self, bound: usize) -> u32 {
        let mut dropped = 0;
        while self.bytes > bound {
            let free = || {
                self.entries
                    .iter()
                    .enumerate()
                    .filter(|(_, e)| e.flight == 0)
            };
            // `min_by_key` takes the first of equals: the oldest.
            let Some((at, _)) = free().min_by_key(|(_, entry)| entry.value) else {
                break;
            };
            let entry = self.entries.remove(at);
            self.bytes -= entry.bytes();
            self.ready -= usize::from(entry.is_ready());
            dropped += 1;
        }
        dropped
    }

    /// Account and user are known: what waited for them is ready.
    pub fn release(&mut self, account: &str, user: &str) {
        for entry in &mut self.entries {
            if let Some(waiting) = entry.waiting.take() {
                self.bytes -= entry.line.len();
                entry.line = put_identity(
                    &entry.line,
                    waiting.account.as_deref().unwrap_or(account),
                    waiting.user.as_deref().unwrap_or(user),
                );
                self.bytes += entry.line.len();
                self.ready += 1;
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
            batch.body.push_str(&entry.line);
            batch.body.push('\n');
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

    /// Forgets what a request carried, and tells how many events that was.
    pub fn confirm(&mut self, flight: u32) -> u32 {
        let before = self.entries.len();
        let mut freed = 0;
        self.entries.retain(|entry| {
            let keep = entry.flight != flight;
            if !keep {
                freed += entry.bytes();
            }
            keep
        });
        self.bytes -= freed;
        (before - self.entries.len()) as u32
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

    /// Drops everything, and tells how many events that was.
    pub fn clear(&mut self) -> u32 {
        let count = self.len();
        *self = Queue::default();
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
            waiting: None,
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
            let left: Vec<String> = queue.entries.iter().map(|e| e.line.clone()).collect();
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
