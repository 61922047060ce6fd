//! Moves events from the queue to the server.

use super::Engine;
use crate::{Consent, Effect, Response, delivery::Outcome};

impl Engine {
    pub(super) fn may_deliver(&self) -> bool {
        self.consent == Consent::Granted
    }

    /// Sends what is due, and settles each `flush()` whose attempt is over.
    pub(super) fn poll_delivery(&mut self) {
        while let Some(request) = self.delivery.give_up_overdue(self.now.mono) {
            self.effects.push(Effect::AbortRequest { request });
            self.answered(Response {
                request,
                answer: None,
            });
        }
        if self.may_deliver() {
            let now = self.now.mono;
            if let Some(request) = self
                .delivery
                .poll_send(now, &mut self.queue, &mut self.stats)
            {
                self.effects.push(Effect::Send(request));
            }
            if let Some(warning) = self.delivery.poll_warning(now) {
                self.effects.push(warning);
            }
        }
        self.stats.pending = self.queue.len();
        self.delivery
            .settle_flushes(&self.queue, &self.stats, &mut self.effects);
    }

    pub(super) fn set_online(&mut self, online: bool) {
        self.delivery
            .set_online(self.now.mono, online, &mut self.random);
    }

    /// Takes in the result of a request.
    pub(super) fn answered(&mut self, response: Response<'_>) {
        let earlier = self.delivery.server_wait_until();
        let outcome = self.delivery.answered(
            self.now.mono,
            response,
            &mut self.queue,
            &mut self.random,
            &mut self.stats,
        );
        self.share_wait(earlier);
        match outcome {
            Outcome::Ended => {}
            // A flush asks for one attempt, and this was it.
            Outcome::Failed => {
                self.stats.pending = self.queue.len();
                self.delivery.fail_flushes(&self.stats, &mut self.effects);
            }
            Outcome::Lost(loss) => self.report_loss(loss),
        }
    }

    /// Sends and stores the waiting events, because the page may not run again.
    pub(super) fn flush_before_unload(&mut self) {
        self.settle_identity();
        self.recorder.unload();
        self.send_before_unload();
        self.persist_before_unload();
    }

    /// Sends as much as may outlive the page.
    pub(super) fn send_before_unload(&mut self) {
        if !self.may_deliver() {
            return;
        }
        while let Some(request) =
            self.delivery
                .poll_send_before_unload(self.now.mono, &mut self.queue, &mut self.stats)
        {
            self.effects.push(Effect::Send(request));
        }
    }
}
