//! Keeps what waits in storage, and takes over what closed pages left there.

use natero_event::cut;

use super::Engine;
use crate::{Consent, Effect, Input, Millis, Mono, Persistence, SegmentId, journal, queue::Origin};

/// How long a page waits for the rest of what closed pages left, and for what is
/// still on its way from them, before it sends and asks.
const ADOPTION: Millis = Millis(250.0);

impl Engine {
    pub(super) fn may_set_cookies(&self) -> bool {
        self.consent == Consent::Granted && self.config.persistence == Persistence::Storage
    }

    pub(super) fn may_store(&self) -> bool {
        self.may_set_cookies() && !self.config.disable_event_send
    }

    /// Uses storage from now on: this page's part of it is named by its stream,
    /// and what closed pages left there is adopted.
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

    /// Stores what is not stored yet.
    pub(super) fn persist(&mut self) {
        if self.may_store() {
            self.storage.write(&mut self.queue, &mut self.effects);
        }
    }

    /// Stores for the last time, perhaps: the next page is to know what may have
    /// arrived.
    pub(super) fn persist_before_unload(&mut self) {
        if self.may_store() {
            self.storage.rewrite(&self.queue, &mut self.effects);
            self.persist();
        }
    }

    /// Lets all pages of this source know for how long the server asked to wait,
    /// where that is something else than `before`.
    pub(super) fn share_wait(&mut self, before: Mono) {
        let until = self.delivery.asked_until();
        if until == before || !self.may_store() {
            return;
        }
        let mut record = String::new();
        if until > Mono::LONG_AGO {
            journal::write_wait(&mut record, until - self.now.mono, self.now.wall);
        }
        self.effects.push(Effect::ShareWait { record });
    }

    /// Takes in whether earlier writes came to be. The host performs effects in
    /// order and reports a failed write at once: when it has performed all of
    /// them and reports none, all succeeded.
    pub(super) fn settle_writes(&mut self, input: &Input<'_>) {
        let failed = matches!(input, Input::WriteFailed(_));
        if !failed && self.effects.is_empty() {
            self.storage.writes_succeeded(&mut self.queue);
        }
    }

    pub(super) fn write_failed(&mut self, segment: SegmentId) {
        self.storage.write_failed(segment, &mut self.queue);
    }

    /// Removes segments of which no event is kept.
    pub(super) fn remove_segments(&mut self) {
        let removed = self
            .storage
            .remove_freed(&mut self.queue, &mut self.effects);
        // There is room again for what did not fit.
        if removed {
            self.persist_at_task_end();
        }
    }

    /// Takes over the records of a segment that a closed page left, or the one
    /// that pages share. Events are stored as this page's own before the handler
    /// returns, so that the host may remove the original.
    pub(super) fn adopt(&mut self, records: &str) {
        let first = self.queue.next_number();
        // A visitor who refused has had all of it erased.
        let may_store = self.may_store();
        let mut rest = records;
        while !rest.is_empty() {
            let record;
            (record, rest) = cut(rest, b'\n').unwrap_or((rest, ""));
            if let Some((draft, is_uncertain)) = journal::read_record(record) {
                if may_store {
                    self.enqueue(draft, Origin::Adopted { is_uncertain });
                }
            } else if let Some(wait) = journal::read_wait(record, self.now.wall) {
                self.delivery.wait_for(self.now.mono + wait);
            }
        }
        if self.queue.next_number() == first {
            return;
        }
        // A new page is a reason to try at once, or rather in a moment, when all
        // that was left is here.
        self.delivery.try_within(self.now.mono, ADOPTION);
        self.storage
            .write_adopted(first, &mut self.queue, &mut self.effects);
    }

    /// Goes on after the back/forward cache. While the page was frozen, others
    /// may have taken over what it had stored: that is left to storage, and the
    /// page goes on as a new stream with what is in memory alone.
    pub(super) fn restore_storage(&mut self) {
        if self.may_store() {
            // Whoever adopts them delivers them.
            self.stats.accepted -= self.queue.leave_to_storage();
            self.storage.forget();
            self.recorder.begin_stream(&mut self.random);
            self.open_storage();
            // What others were told meanwhile, such as to wait, is heard first.
            if self.queue.ready() > 0 {
                self.delivery.try_within(self.now.mono, ADOPTION);
            }
        }
    }
}
