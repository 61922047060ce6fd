//! The events that the server has not confirmed, oldest first, within a size limit.

mod entry;
mod sending;
mod storing;

use natero_event::{Id, Priority, event_id, insert_identity, names_other_account};

use crate::{RequestId, session::is_id_of_ours, stored_record};

use entry::Entry;
pub(crate) use entry::{Draft, Origin};
pub use entry::{Progress, QueuedEvent};
pub(crate) use sending::Verdict;
use storing::{FreedRecord, free};

/// Which entries to remove.
#[derive(Clone, Copy)]
enum Selection {
    CarriedBy(RequestId),
    Stored,
    /// Events that wait for an identity.
    Incomplete,
    /// Those of them that this page recorded while only one of the two ids was known.
    OwnHalfIdentified,
    All,
}

/// The content of one request, or of one segment.
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

#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: Vec<Entry>,
    next_number: u32,
    bytes: usize,
    ready: usize,
    unstored: usize,
    freed: Vec<FreedRecord>,
}

impl Queue {
    /// Number of events kept, whatever their state.
    pub fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// Number of events that could be sent or asked about now.
    pub fn ready(&self) -> usize {
        self.ready
    }

    /// Number of events that no segment holds.
    pub fn unstored(&self) -> usize {
        self.unstored
    }

    /// The number that the next queued event gets.
    pub fn next_number(&self) -> u32 {
        self.next_number
    }

    /// Whether an event with a lower number could be sent or asked about now.
    pub fn is_ready_before(&self, number: u32) -> bool {
        self.before(number).any(Entry::is_ready)
    }

    /// Whether an event with a lower number is part of a request, or could be now.
    pub fn is_sending_before(&self, number: u32) -> bool {
        self.before(number).any(Entry::is_sending)
    }

    fn before(&self, number: u32) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .take_while(move |entry| entry.number < number)
    }

    /// The event at this position, oldest first.
    pub fn get(&self, at: usize) -> Option<QueuedEvent<'_>> {
        self.entries.get(at).map(Entry::inspect)
    }

    /// Adds an event. An adopted event is asked about before it is sent.
    pub fn push(&mut self, draft: Draft, origin: Origin) {
        let is_own = origin == Origin::Page;
        let entry = Entry {
            number: self.next_number,
            is_own,
            progress: if !is_own && event_id(&draft.line).is_some_and(is_id_of_ours) {
                Progress::Uncertain
            } else {
                Progress::Waiting
            },
            draft,
            segment: None,
            replaces: None,
        };
        self.next_number += 1;
        self.bytes += entry.bytes();
        self.ready += usize::from(entry.is_ready());
        self.unstored += 1;
        self.entries.push(entry);
    }

    /// Drops the oldest events of the lowest priority until the rest fits. Returns how
    /// many were dropped. Events in a request stay, because the server may have them.
    pub fn drop_to_fit(&mut self, max_bytes: usize) -> u32 {
        let mut dropped = 0;
        while self.bytes > max_bytes {
            let mut least: Option<(Priority, usize)> = None;
            for (at, entry) in self.entries.iter().enumerate() {
                let priority = entry.draft.priority;
                // Of events with equal priority, the first is the oldest.
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
            self.subtract_from_totals(&entry);
            dropped += 1;
        }
        dropped
    }

    /// Whether events wait for an identity.
    pub fn has_incomplete(&self) -> bool {
        self.entries.iter().any(|entry| entry.draft.missing.any())
    }

    /// Drops all events that wait for an identity, because it will never be complete.
    /// Returns how many.
    pub fn drop_incomplete(&mut self) -> u32 {
        self.remove(Selection::Incomplete)
    }

    /// Drops the events that this page recorded while only one of the two ids was known.
    /// Returns how many.
    pub fn drop_own_half_identified(&mut self) -> u32 {
        self.remove(Selection::OwnHalfIdentified)
    }

    /// Completes the events that waited for an identity. They become ready and must be
    /// stored again. An event that another page recorded for another account keeps
    /// waiting, because a user belongs to one account.
    pub fn complete(&mut self, account: Id<'_>, user: Id<'_>) {
        for entry in &mut self.entries {
            let Entry { draft, is_own, .. } = entry;
            let is_of_other_account = draft.missing.has_account_alone()
                && !*is_own
                && names_other_account(&draft.line, account);
            if is_of_other_account {
                continue;
            }
            let missing = std::mem::take(&mut draft.missing);
            if !missing.any() {
                continue;
            }
            // The stored record also said which ids the line lacked.
            let record_bytes = stored_record::record_bytes(&entry.draft)
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

    /// Drops everything, in storage too. Returns how many events were dropped.
    pub fn clear(&mut self) -> u32 {
        let dropped = self.remove(Selection::All);
        self.freed.clear();
        dropped
    }

    fn remove(&mut self, selection: Selection) -> u32 {
        let before = self.len();
        for entry in std::mem::take(&mut self.entries) {
            let missing = entry.draft.missing;
            let selected = match selection {
                Selection::CarriedBy(request) => entry.progress == Progress::Carried(request),
                Selection::Stored => entry.segment.is_some(),
                Selection::Incomplete => missing.any(),
                Selection::OwnHalfIdentified => entry.is_own && missing.account != missing.user,
                Selection::All => true,
            };
            if selected {
                self.subtract_from_totals(&entry);
            } else {
                self.entries.push(entry);
            }
        }
        before - self.len()
    }

    /// Subtracts a removed entry from the totals.
    fn subtract_from_totals(&mut self, entry: &Entry) {
        self.bytes -= entry.bytes();
        self.ready -= usize::from(entry.is_ready());
        self.unstored -= usize::from(entry.segment.is_none());
        let record_bytes = stored_record::record_bytes(&entry.draft);
        free(&mut self.freed, entry.segment, record_bytes);
        free(&mut self.freed, entry.replaces, record_bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::{SegmentId, identity::Missing};

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
            queue.push(draft(priority, tag as u32), Origin::Page);
        }
        let gone = |queue: &mut Queue| {
            let bound = queue.bytes - 1;
            assert_eq!(queue.drop_to_fit(bound), 1);
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
        queue.push(draft(Priority::PageView, 0), Origin::Page);
        queue.push(draft(Priority::Usage, 1), Origin::Page);
        assert_eq!(lines(queue.take(request(7), 1, true)).len(), 1);
        assert_eq!(queue.drop_to_fit(0), 1);
        assert_eq!(queue.len(), 1);
        assert!(queue.take(request(8), 1000, true).is_none());
        assert_eq!(queue.requeue(request(7)), 1);
        assert_eq!(lines(queue.take(request(9), 1000, true)).len(), 1);
        assert_eq!(queue.remove_carried(request(9)), 1);
        assert_eq!((queue.len(), queue.bytes, queue.ready()), (0, 0, 0));
    }

    #[test]
    fn a_batch_ends_before_it_grows_too_large_but_one_event_always_goes() {
        let mut queue = Queue::default();
        for tag in 0..3 {
            queue.push(draft(Priority::Usage, tag), Origin::Page);
        }
        let one = queue.entries[0].bytes();
        assert_eq!(lines(queue.take(request(1), 2 * one, true)).len(), 2);
        assert_eq!(lines(queue.take(request(2), 1, true)).len(), 1);
    }

    #[test]
    fn a_segment_that_replaces_others_frees_them_only_once_it_is_written() {
        let mut queue = Queue::default();
        queue.push(draft(Priority::Usage, 0), Origin::Page);
        queue.store(0, segment(1), 1000).unwrap();
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
