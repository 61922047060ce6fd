//! When to store, what to take over, and what to forget.

use crate::{Do, Engine, Reason, input::Parts, journal, queue::Draft};
use natero_event::json::owned;

impl Engine {
    pub(crate) fn stores(&self) -> bool {
        self.keeps_cookies() && !self.config.disable_event_send
    }

    /// Storage may be used from now on: this page's part of it is named by its
    /// stream, and what closed pages left there is taken over.
    pub(crate) fn open_storage(&mut self) {
        if self.stores() {
            self.emit(Do::Own, owned(&self.stream_id), [0.0; 4]);
            self.ask(Do::Adopt);
            self.store_soon();
        }
    }

    /// Sees to it that what was accepted is stored when the task ends that
    /// accepted it.
    pub(crate) fn store_soon(&mut self) {
        if !self.storing && self.queue.unstored() > 0 && self.stores() {
            self.storing = true;
            self.ask(Do::StoreSoon);
        }
    }

    pub(crate) fn store(&mut self) {
        self.storing = false;
        if !self.stores() {
            return;
        }
        self.tidy();
        // Events that are long confirmed may share segments with one that
        // waits: before they take more room than allowed, all that is kept is
        // written anew.
        if self.journal.bytes() > self.config.max_queue_bytes as usize {
            self.outdated.append(&mut self.journal.clear());
            self.queue.store_again();
        }
        self.unsure = true;
        while let Some(segment) = self.queue.store(self.journal.next()) {
            let number = self.journal.next();
            self.journal.wrote(segment.events, segment.body.len());
            self.emit(Do::Store, segment.body, [f64::from(number), 0.0, 0.0, 0.0]);
        }
    }

    /// Storage is full or blocked: the events are in memory alone for now.
    pub(crate) fn not_stored(&mut self, segment: u32) {
        self.journal.forget(segment);
        self.queue.not_stored(segment);
    }

    /// Removes segments of which no event is kept, and those that others
    /// replace, once it is sure that these came to be.
    pub(crate) fn tidy(&mut self) {
        if !self.unsure && self.queue.unstored() == 0 {
            for segment in core::mem::take(&mut self.outdated) {
                self.ask_with(Do::Unstore, f64::from(segment));
            }
        }
        for segment in core::mem::take(&mut self.queue.freed) {
            if self.journal.release(segment) {
                self.ask_with(Do::Unstore, f64::from(segment));
            }
        }
    }

    pub(crate) fn enqueue(&mut self, draft: Draft) {
        let waits = draft.lacks != 0;
        self.queue.push(draft);
        // The identity may have become known while `beforeSend` decided.
        if waits {
            self.release();
        }
        if self.queue.ready() > 0 {
            self.schedule_send();
        }
        let dropped = self.queue.keep_within(self.config.max_queue_bytes as usize);
        if dropped > 0 {
            self.lose(Reason::Overflow, dropped, 0, "");
        }
    }

    /// Takes over what a closed page left. It is stored as this page's own
    /// before the handler returns, so that the caller may remove the original.
    pub(crate) fn adopt(&mut self, mut records: Parts<'_>) {
        while !records.0.is_empty() {
            if let Some(draft) = journal::take(records.until(b'\n')) {
                self.enqueue(draft);
            }
        }
        // A new page is a reason to try at once, or rather in a moment, when
        // all that was left is here.
        self.try_within(1.0);
        self.store();
    }

    /// The page came back from the back/forward cache. While it was frozen,
    /// others may have taken over what it had stored: that is left to storage,
    /// and the page goes on as a new one with what is in memory alone.
    pub(crate) fn restored(&mut self) {
        if self.stores() {
            self.queue.leave_to_storage();
            self.journal.clear();
            self.outdated.clear();
            self.stream_id = self.random.id();
            self.made = 0;
            self.queued = 0;
            self.open_storage();
        }
        if self.config.track_page_views {
            self.leave_page();
        }
    }

    /// The visitor refused: nothing of theirs may stay, of this page or others.
    pub(crate) fn forget_stored(&mut self) {
        if !self.config.memory {
            self.journal.clear();
            self.outdated.clear();
            self.queue.freed.clear();
            self.ask(Do::Forget);
        }
    }
}
