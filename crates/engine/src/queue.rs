//! Events that the server has not confirmed, oldest first, within a bound.

use natero_event::{Id, Priority, event_id, insert_identity, json::push_ascii};

use crate::{
    RequestId, SegmentId,
    identity::Missing,
    journal::{self, SEGMENT_BYTES},
    session::is_id_of_ours,
};

/// Longest list of ids that a request asks about: some 200 of ours, which is
/// what the collector looks up for one request, in an address of 4 KB.
const ASKED_BYTES: usize = 3_800;

/// A written event on its way into the queue.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The event as a line of JSON.
    pub line: String,
    pub priority: Priority,
    pub missing: Missing,
}

/// How far an event is on its way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// It has to be sent.
    Waiting,
    /// A request carries it.
    Carried(RequestId),
    /// It was on its way when its page went: the server may have it.
    Uncertain,
    /// A request asks whether the server has it.
    Asked(RequestId),
}

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

/// An event that is kept.
#[derive(Debug)]
struct Entry {
    draft: Draft,
    progress: Progress,
    /// The segment that holds it.
    segment: Option<SegmentId>,
    /// The segment that held it before, until the write of the new one is
    /// known to have succeeded.
    replaces: Option<SegmentId>,
}

impl Entry {
    fn is_ready(&self) -> bool {
        match self.progress {
            Progress::Waiting | Progress::Uncertain => !self.draft.missing.any(),
            Progress::Carried(_) | Progress::Asked(_) => false,
        }
    }

    /// Waits to be sent.
    fn is_next(&self) -> bool {
        self.progress == Progress::Waiting && !self.draft.missing.any()
    }

    fn write_record(&self, out: &mut String) {
        journal::write_record(out, &self.draft, self.progress != Progress::Waiting);
    }

    /// Bytes in memory and on the wire, with the line end.
    fn bytes(&self) -> usize {
        self.draft.line.len() + 1
    }
}

/// Which entries to remove.
#[derive(Clone, Copy)]
enum Selection {
    CarriedBy(RequestId),
    Stored,
    All,
}

/// What goes into one request, or into one segment.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub body: String,
    pub events: u32,
    /// Ids of events that the server is asked about, separated by commas.
    pub asked: String,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.events == 0
    }
}

/// An event that a segment does not hold any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Freed {
    pub segment: SegmentId,
    pub record_bytes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: Vec<Entry>,
    bytes: usize,
    ready: usize,
    unstored: usize,
    freed: Vec<Freed>,
}

impl Queue {
    /// Events kept, whatever their state.
    pub fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Events that could be sent, or asked about, now.
    pub fn ready(&self) -> usize {
        self.ready
    }

    /// Events that no segment holds.
    pub fn unstored(&self) -> usize {
        self.unstored
    }

    /// Keeps an event; an uncertain one is asked about before it is sent.
    pub fn push(&mut self, draft: Draft, is_uncertain: bool) {
        let entry = Entry {
            progress: if is_uncertain && event_id(&draft.line).is_some_and(is_id_of_ours) {
                Progress::Uncertain
            } else {
                Progress::Waiting
            },
            draft,
            segment: None,
            replaces: None,
        };
        self.bytes += entry.bytes();
        self.ready += usize::from(entry.is_ready());
        self.unstored += 1;
        self.entries.push(entry);
    }

    /// Drops the oldest events of the lowest priority until the rest fits, and
    /// returns how many. What a request is about stays: the server may have it.
    pub fn keep_within(&mut self, max_bytes: usize) -> u32 {
        let mut dropped = 0;
        while self.bytes > max_bytes {
            let mut least: Option<(Priority, usize)> = None;
            for (at, entry) in self.entries.iter().enumerate() {
                let priority = entry.draft.priority;
                // The first of equals is the oldest.
                let is_free = match entry.progress {
                    Progress::Waiting | Progress::Uncertain => true,
                    Progress::Carried(_) | Progress::Asked(_) => false,
                };
                if is_free && least.is_none_or(|(lowest, _)| priority < lowest) {
                    least = Some((priority, at));
                    if priority == Priority::PageView {
                        break;
                    }
                }
            }
            let Some((_, at)) = least else { break };
            let entry = self.entries.remove(at);
            self.forget(&entry);
            dropped += 1;
        }
        dropped
    }

    /// Completes the events that waited for an identity: they are ready, and
    /// have to be stored anew.
    pub fn complete(&mut self, account: Id<'_>, user: Id<'_>) {
        for entry in &mut self.entries {
            let missing = std::mem::take(&mut entry.draft.missing);
            if !missing.any() {
                continue;
            }
            // The record also says what the line lacked.
            let record_bytes = journal::record_bytes(&entry.draft)
                + usize::from(missing.account)
                + usize::from(missing.user);
            self.unstored += usize::from(entry.segment.is_some());
            free(&mut self.freed, entry.segment.take(), record_bytes);
            free(&mut self.freed, entry.replaces.take(), record_bytes);
            self.bytes -= entry.draft.line.len();
            entry.draft.line = insert_identity(
                &entry.draft.line,
                missing.account.then_some(account),
                missing.user.then_some(user),
            );
            self.bytes += entry.draft.line.len();
            self.ready += 1;
        }
    }

    /// Takes the oldest events that wait into a request, at least one where
    /// there is one, and as many as fit; and, if it may ask, uncertain ones.
    pub fn take(
        &mut self,
        request: RequestId,
        max_events: usize,
        max_bytes: usize,
        may_ask: bool,
    ) -> Option<Batch> {
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
                is_full |= !batch.is_empty()
                    && (batch.events as usize >= max_events
                        || batch.body.len() + entry.bytes() > max_bytes);
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

    /// Takes the oldest events that no segment holds into this one, as records
    /// of at most `max_bytes`, or of [`SEGMENT_BYTES`] and the record that
    /// reaches them.
    pub fn store(&mut self, segment: SegmentId, max_bytes: usize) -> Option<Batch> {
        let mut batch = Batch::default();
        if self.unstored == 0 {
            return None;
        }
        for entry in self.entries.iter_mut().filter(|e| e.segment.is_none()) {
            let bytes = batch.body.len();
            if bytes >= SEGMENT_BYTES || bytes + journal::record_bytes(&entry.draft) > max_bytes {
                break;
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

    /// Forgets what a request carried, and returns how many events that was.
    pub fn confirm(&mut self, request: RequestId) -> u32 {
        self.remove(Selection::CarriedBy(request))
    }

    /// Forgets what storage has.
    pub fn leave_to_storage(&mut self) {
        self.remove(Selection::Stored);
        self.freed.clear();
    }

    /// Drops everything, storage included, and returns how many events that
    /// was.
    pub fn clear(&mut self) -> u32 {
        let dropped = self.remove(Selection::All);
        self.freed.clear();
        dropped
    }

    fn remove(&mut self, selection: Selection) -> u32 {
        let before = self.len();
        for entry in std::mem::take(&mut self.entries) {
            let selected = match selection {
                Selection::CarriedBy(request) => entry.progress == Progress::Carried(request),
                Selection::Stored => entry.segment.is_some(),
                Selection::All => true,
            };
            if selected {
                self.forget(&entry);
            } else {
                self.entries.push(entry);
            }
        }
        before - self.len()
    }

    /// Takes an entry that was removed off the counts.
    fn forget(&mut self, entry: &Entry) {
        self.bytes -= entry.bytes();
        self.ready -= usize::from(entry.is_ready());
        self.unstored -= usize::from(entry.segment.is_none());
        let record_bytes = journal::record_bytes(&entry.draft);
        free(&mut self.freed, entry.segment, record_bytes);
        free(&mut self.freed, entry.replaces, record_bytes);
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
    let id = event_id(line).unwrap_or_default().as_bytes();
    ids.as_bytes()
        .split(|byte| *byte == b',')
        .any(|of| of == id)
}

/// Notes that a segment, if it is one, does not hold an event any more.
fn free(freed: &mut Vec<Freed>, segment: Option<SegmentId>, record_bytes: usize) {
    if let Some(segment) = segment {
        freed.push(Freed {
            segment,
            record_bytes,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn draft(priority: Priority, tag: u32) -> Draft {
        Draft {
            line: format!(r#"{{"tag":{tag}}}"#),
            priority,
            missing: Missing::default(),
        }
    }

    fn request(number: u32) -> RequestId {
        RequestId(NonZeroU32::new(number).unwrap())
    }

    fn segment(number: u32) -> SegmentId {
        SegmentId(NonZeroU32::new(number).unwrap())
    }

    fn lines(batch: Option<Batch>) -> Vec<String> {
        let body = batch.map(|batch| batch.body).unwrap_or_default();
        body.lines().map(str::to_owned).collect()
    }

    #[test]
    fn over_the_bound_the_oldest_of_the_lowest_priority_go_first() {
        let mut queue = Queue::default();
        for (tag, priority) in [
            Priority::Identify,
            Priority::Usage,
            Priority::Sync,
            Priority::PageView,
            Priority::PageView,
        ]
        .into_iter()
        .enumerate()
        {
            queue.push(draft(priority, tag as u32), false);
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
    fn what_a_request_carries_is_neither_taken_again_nor_evicted() {
        let mut queue = Queue::default();
        queue.push(draft(Priority::PageView, 0), false);
        queue.push(draft(Priority::Usage, 1), false);
        assert_eq!(lines(queue.take(request(7), 1, 1000, true)).len(), 1);
        assert_eq!(queue.keep_within(0), 1);
        assert_eq!(queue.len(), 1);
        assert!(queue.take(request(8), 10, 1000, true).is_none());
        assert_eq!(queue.give_back(request(7)), 1);
        assert_eq!(lines(queue.take(request(9), 10, 1000, true)).len(), 1);
        assert_eq!(queue.confirm(request(9)), 1);
        assert_eq!((queue.len(), queue.bytes, queue.ready()), (0, 0, 0));
    }

    #[test]
    fn a_batch_ends_before_it_grows_too_large_but_one_event_always_goes() {
        let mut queue = Queue::default();
        for tag in 0..3 {
            queue.push(draft(Priority::Usage, tag), false);
        }
        let one = queue.entries[0].bytes();
        assert_eq!(lines(queue.take(request(1), 50, 2 * one, true)).len(), 2);
        assert_eq!(lines(queue.take(request(2), 50, 1, true)).len(), 1);
    }

    #[test]
    fn a_segment_that_replaces_others_frees_them_only_once_it_is_written() {
        let mut queue = Queue::default();
        queue.push(draft(Priority::Usage, 0), false);
        queue.store(segment(1), 1000).unwrap();
        queue.store_again(&[segment(1)], segment(2)).unwrap();
        queue.write_failed(segment(2));
        assert_eq!(queue.unstored(), 0);
        assert!(queue.take_freed().is_empty());
        queue.store_again(&[segment(1)], segment(3)).unwrap();
        queue.writes_succeeded();
        let freed: Vec<SegmentId> = queue.take_freed().iter().map(|f| f.segment).collect();
        assert_eq!(freed, [segment(1)]);
    }
}
