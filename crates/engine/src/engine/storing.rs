//! Keeps waiting events in storage, and adopts what closed pages left there.

use natero_event::split_once;

use super::Engine;
use crate::{
    Consent, Effect, Input, Millis, Mono, Persistence, SegmentId, queue::Origin, stored_record,
};

/// How long a page waits before it sends what it adopted. By then the rest of what closed
/// pages left has arrived, and requests still under way from those pages have reached the
/// server.
const ADOPTION_DELAY: Millis = Millis(250.0);

impl Engine {
    /// Whether this page may set cookies and write to storage.
    pub(super) fn may_store(&self) -> bool {
        !self.config.disable_event_send && self.consent == Consent::Granted && self.may_erase()
    }

    /// Whether this page may remove what pages of the visitor set and stored, even if it
    /// stores nothing itself. That needs no consent.
    pub(super) fn may_erase(&self) -> bool {
        self.config.persistence == Persistence::Storage
    }

    /// Uses storage from now on. This page's part is named after its stream; what closed
    /// pages left is adopted.
    pub(super) fn open_storage(&mut self) {
        if self.may_store() {
            self.effects.push(Effect::ClaimStorage {
                stream: self.recorder.stream().to_owned(),
            });
            self.effects.push(Effect::AdoptOrphans);
            self.persist_at_task_end();
        }
    }

    pub(super) fn persist_at_task_end(&mut self) {
        if self.may_store() {
            self.storage.schedule(&self.queue, &mut self.effects);
        }
    }

    pub(super) fn task_ended(&mut self) {
        self.storage.task_ended();
        self.persist();
    }

    /// Stores the events that are not stored yet.
    pub(super) fn persist(&mut self) {
        if self.may_store() {
            self.storage.write(&mut self.queue, &mut self.effects);
        }
    }

    /// Stores for what may be the last time.
    pub(super) fn persist_before_unload(&mut self) {
        if self.may_store() {
            self.storage.rewrite(&self.queue, &mut self.effects);
            self.persist();
        }
    }

    /// Shares with all pages of this source how long the server asked to wait, if that
    /// changed from `earlier`.
    pub(super) fn share_wait(&mut self, earlier: Mono) {
        let until = self.delivery.server_wait_until();
        if until == earlier || !self.may_store() {
            return;
        }
        let mut record = String::new();
        if until > Mono::LONG_AGO {
            stored_record::write_wait(&mut record, until - self.now.mono, self.now.wall);
        }
        self.effects.push(Effect::ShareWait { record });
    }

    /// Takes in whether earlier writes succeeded. The host performs effects in order and
    /// reports a failed write at once. So once all effects are performed and none failed,
    /// every write succeeded.
    pub(super) fn settle_writes(&mut self, input: &Input<'_>) {
        let failed = matches!(input, Input::WriteFailed(_));
        if !failed && self.effects.is_empty() {
            self.storage.writes_succeeded(&mut self.queue);
        }
    }

    pub(super) fn write_failed(&mut self, segment: SegmentId) {
        self.storage.write_failed(segment, &mut self.queue);
    }

    /// Removes segments whose events are all gone.
    pub(super) fn remove_segments(&mut self) {
        let removed = self
            .storage
            .remove_freed(&mut self.queue, &mut self.effects);
        // Events that did not fit before may fit now.
        if removed {
            self.persist_at_task_end();
        }
    }

    /// Adopts the records of a segment that a closed page left, or the record that all
    /// pages share. The events are stored as this page's own before the handler returns,
    /// so that the host may remove the original.
    pub(super) fn adopt(&mut self, records: &str) {
        let first = self.queue.next_number();
        // If the visitor refused, everything stored is being erased.
        let may_store = self.may_store();
        let mut rest = records;
        while !rest.is_empty() {
            let record;
            (record, rest) = split_once(rest, b'\n').unwrap_or((rest, ""));
            if let Some(draft) = stored_record::read_record(record) {
                if may_store {
                    self.enqueue(draft, Origin::Adopted);
                }
            } else if let Some(wait) = stored_record::read_wait(record, self.now.wall) {
                self.delivery.extend_server_wait(self.now.mono + wait);
            }
        }
        if self.queue.next_number() == first {
            return;
        }
        // Adopted events are a reason to send soon, but not before everything that closed
        // pages left has been read.
        self.delivery.try_within(self.now.mono, ADOPTION_DELAY);
        self.storage
            .write_adopted(first, &mut self.queue, &mut self.effects);
    }

    /// Continues after the back/forward cache. While this page was frozen, other pages
    /// may have adopted what it had stored. So it leaves that to storage, and goes on as
    /// a new stream with only the events in memory.
    pub(super) fn restore_storage(&mut self) {
        if self.may_store() {
            // Whichever page adopts these events delivers them.
            self.stats.accepted -= self.queue.leave_to_storage();
            self.storage.forget();
            self.recorder.begin_stream(&mut self.random);
            self.open_storage();
            // First take in what other pages learned meanwhile, such as a request to
            // wait.
            if self.queue.ready() > 0 {
                self.delivery.try_within(self.now.mono, ADOPTION_DELAY);
            }
        }
    }
}
