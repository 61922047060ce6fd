//! Which events requests carry, and which they ask about.

use natero_event::{event_id, json::push_ascii, split_once};

use super::{
    Batch, Queue, Selection,
    entry::{Entry, Progress},
};
use crate::RequestId;

/// Longest list of ids in one request, in bytes. It holds about 200 of our ids, the
/// number that the collector looks up for one request, and the address stays below 4 KB.
const MAX_ASKED_BYTES: usize = 3_800;

/// What the server answered about the events it was asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict<'a> {
    /// Nothing. They must be asked about again.
    Unanswered,
    /// The server does not understand the question. They must be sent.
    NotUnderstood,
    /// It does not have these, given as ids separated by commas. It has the others.
    Lacking(&'a str),
}

impl Queue {
    /// Puts the oldest waiting events into a request: at least one if there is any, and
    /// as many as fit. If `may_ask`, the request also asks about uncertain events.
    pub fn take(&mut self, request: RequestId, max_bytes: usize, may_ask: bool) -> Option<Batch> {
        let mut batch = Batch::default();
        let mut is_full = false;
        for entry in self.entries.iter_mut().filter(|entry| entry.is_ready()) {
            if entry.progress == Progress::Uncertain {
                let id = event_id(&entry.draft.line).unwrap_or_default();
                if !may_ask || batch.asked.len() + id.len() > MAX_ASKED_BYTES {
                    continue;
                }
                if !batch.asked.is_empty() {
                    push_ascii(&mut batch.asked, b',');
                }
                batch.asked.push_str(id);
                entry.progress = Progress::Asked(request);
            } else {
                is_full |= !batch.is_empty() && batch.body.len() + entry.bytes() > max_bytes;
                if is_full {
                    continue;
                }
                if batch.is_empty() {
                    batch.body.reserve(max_bytes.min(self.bytes));
                }
                batch.body.push_str(&entry.draft.line);
                push_ascii(&mut batch.body, b'\n');
                batch.events += 1;
                entry.progress = Progress::Carried(request);
            }
            self.ready -= 1;
        }
        (!batch.is_empty() || !batch.asked.is_empty()).then_some(batch)
    }

    /// Size of the event that [`Queue::take`] would begin with, in bytes.
    pub fn next_bytes(&self) -> Option<usize> {
        let next = self.entries.iter().find(|entry| entry.is_next());
        next.map(Entry::bytes)
    }

    /// Forgets the events that a request carried. Returns how many there were.
    pub fn remove_carried(&mut self, request: RequestId) -> u32 {
        self.remove(Selection::CarriedBy(request))
    }

    /// Notes that the events of a request must be sent again. Returns how many there are.
    pub fn requeue(&mut self, request: RequestId) -> usize {
        let mut count = 0;
        for entry in &mut self.entries {
            if entry.progress == Progress::Carried(request) {
                entry.progress = Progress::Waiting;
                count += 1;
            }
        }
        self.ready += count;
        count
    }

    /// Takes in the answer about the events that a request asked about. Events that the
    /// server has are treated as if the request had carried them. Returns whether others
    /// must be sent.
    pub fn settle_uncertain(&mut self, request: RequestId, verdict: Verdict<'_>) -> bool {
        let mut must_send = false;
        for entry in &mut self.entries {
            if entry.progress != Progress::Asked(request) {
                continue;
            }
            entry.progress = match verdict {
                Verdict::Unanswered => Progress::Uncertain,
                Verdict::Lacking(ids) if !list_contains(ids, &entry.draft.line) => {
                    Progress::Carried(request)
                }
                Verdict::NotUnderstood | Verdict::Lacking(_) => {
                    must_send = true;
                    Progress::Waiting
                }
            };
            self.ready += usize::from(entry.is_ready());
        }
        must_send
    }
}

/// Whether a list of ids, separated by commas, contains the id of an event.
fn list_contains(ids: &str, line: &str) -> bool {
    let id = event_id(line).unwrap_or_default();
    let mut rest = ids;
    while !rest.is_empty() {
        let listed;
        (listed, rest) = split_once(rest, b',').unwrap_or((rest, ""));
        if listed == id {
            return true;
        }
    }
    false
}
