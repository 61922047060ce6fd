//! Answers for an inspector of the tracker. They decide nothing.

use super::Engine;
use crate::{
    Consent, Mono,
    inspection::{Inspection, WaitsFor},
    queue::QueuedEvent,
};

impl Engine {
    /// Where the tracker stands at `now`.
    pub fn inspect(&self, now: Mono) -> Inspection {
        let (waits_for, waits_until) = self.waits_for(now);
        let running = self.time.running(now);
        Inspection {
            consent: self.consent,
            clock: self.time.clock(),
            idle_at: self.time.idle_at().to_option(),
            module_time: self.time.module.span() + running,
            session_time: self.time.session.span() + running,
            page_view_time: self.time.page_view.span() + running,
            waits_for,
            waits_until: waits_until.to_option(),
            failures: self.delivery.failures(),
        }
    }

    /// The event at this position in the queue, oldest first.
    pub fn queued_event(&self, at: usize) -> Option<QueuedEvent<'_>> {
        self.queue.get(at)
    }

    fn waits_for(&self, now: Mono) -> (WaitsFor, Mono) {
        match self.consent {
            Consent::Granted => {}
            Consent::Pending | Consent::Denied => return (WaitsFor::Consent, Mono::NEVER),
        }
        let is_asking = self.delivery.is_waiting();
        if self.queue.len() == 0 {
            (WaitsFor::Nothing, Mono::NEVER)
        } else if self.is_closed && !is_asking {
            (WaitsFor::NextPage, Mono::NEVER)
        } else if is_asking || self.queue.ready() > 0 {
            self.delivery.waits_for(now)
        } else {
            (WaitsFor::Ids, self.completes_at)
        }
    }
}
