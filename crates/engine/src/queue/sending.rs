//! What requests carry and ask about.

use natero_event::{cut, event_id, json::push_ascii};

use super::{
    Batch, Queue, Selection,
    entry::{Entry, Progress},
};
use crate::RequestId;

/// Longest list of ids that a request asks about: some 200 of ours, which is
/// what the collector looks up for one request, in an address of 4 KB.
const ASKED_BYTES: usize = 3_800;

/// What the server told of the events that it was asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict<'a> {
    /// Nothing: it has to be asked again.
    Unanswered,
    /// It knows no such question: they have to be sent.
    Untold,
    /// These it lacks, ids separated by commas; it has the others.
    Lacking(&'a str),
}

impl Queue {
    /// Takes the oldest events that wait into a request, at least one where
    /// there is one, and as many as fit; and, if it may ask, uncertain ones.
    pub fn take(&mut self, request: RequestId, max_bytes: usize, may_ask: bool) -> Option<Batch> {
        let mut batch = Batch::default();
        let mut is_full = false;
        for entry in self.entries.iter_mut().filter(|entry| entry.is_ready()) {
            if entry.progress == Progress::Uncertain {
                let id = event_id(&entry.draft.line).unwrap_or_default();
                if !may_ask || batch.asked.len() + id.len() > ASKED_BYTES {
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

    /// Bytes of the event that [`Queue::take`] would begin with.
    pub fn next_bytes(&self) -> Option<usize> {
        let next = self.entries.iter().find(|entry| entry.is_next());
        next.map(Entry::bytes)
    }

    /// Forgets what a request carried, and returns how many events that was.
    pub fn confirm(&mut self, request: RequestId) -> u32 {
        self.remove(Selection::CarriedBy(request))
    }

    /// Notes that what a request carried has to be sent again, and returns how
    /// many events that is.
    pub fn give_back(&mut self, request: RequestId) -> usize {
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

    /// Takes in what was told of the events that a request asked about. Those
    /// that the server has are what the request carries from now on. Returns
    /// whether others have to be sent.
    pub fn settle_asked(&mut self, request: RequestId, verdict: Verdict<'_>) -> bool {
        let mut again = false;
        for entry in &mut self.entries {
            if entry.progress != Progress::Asked(request) {
                continue;
            }
            entry.progress = match verdict {
                Verdict::Unanswered => Progress::Uncertain,
                Verdict::Lacking(ids) if !lists(ids, &entry.draft.line) => {
                    Progress::Carried(request)
                }
                Verdict::Untold | Verdict::Lacking(_) => {
                    again = true;
                    Progress::Waiting
                }
            };
            self.ready += usize::from(entry.is_ready());
        }
        again
    }
}

/// Whether the id of an event is among others, separated by commas.
fn lists(ids: &str, line: &str) -> bool {
    let id = event_id(line).unwrap_or_default();
    let mut rest = ids;
    while !rest.is_empty() {
        let of;
        (of, rest) = cut(rest, b',').unwrap_or((rest, ""));
        if of == id {
            return true;
        }
    }
    false
}
