//! Answers for an inspector of the tracker. They decide nothing.

use super::Engine;
use crate::{
    Consent, Mono,
    inspection::{Inspection, Kept, WaitsFor},
};

impl Engine {
    /// Where the tracker stands at `now`.
    pub fn inspect(&self, now: Mono) -> Inspection {
        let (waits_for, waits_until) = self.waits(now);
        let running = self.time.running(now);
        Inspection {
            consent: self.consent,
            clock: self.time.clock(),
            idle_at: self.time.idle_at().if_ever(),
            module_time: self.time.module.span() + running,
            session_time: self.time.session.span() + running,
            page_view_time: self.time.page_view.span() + running,
            waits_for,
            waits_until: waits_until.if_ever(),
            failures: self.delivery.failures(),
        }
    }

    /// The event at this position among the kept ones, oldest first.
    pub fn kept(&self, at: usize) -> Option<Kept<'_>> {
        self.queue.kept(at)
    }

    fn waits(&self, now: Mono) -> (WaitsFor, Mono) {
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
            self.delivery.waits(now)
        } else {
            (WaitsFor::Ids, self.completes_at)
        }
    }
}
