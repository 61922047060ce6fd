//! When to send, and what to make of the answer.

use crate::{Consent, Do, Engine, Reason, engine::Life};
use natero_event::json::owned;

/// Browsers let 64 KiB of bodies of requests that may outlive their page be in
/// flight at a time, for all scripts of a page together. A little is left for
/// the others.
const KEEPALIVE_BYTES: usize = 60 * 1024;

/// Longest wait for an answer, in ms. Later answers are ignored: the batch is
/// sent again by then, and receivers deduplicate.
const ANSWER_WITHIN: f64 = 30_000.0;

/// Bounds of the wait after a failure, in ms.
const BACKOFF_MIN: f64 = 1_000.0;
const BACKOFF_MAX: f64 = 300_000.0;

/// A server may ask for patience, but not for more than a day.
const RETRY_AFTER_MAX: f64 = 86_400_000.0;

#[derive(Debug)]
struct Flight {
    id: u32,
    bytes: usize,
    events: u32,
    deadline: f64,
}

#[derive(Debug)]
struct Flush {
    id: u32,
    delivered_before: u32,
    rejected_before: u32,
}

#[derive(Debug)]
pub(crate) struct Delivery {
    flights: Vec<Flight>,
    last_id: u32,
    /// Failures in a row.
    failures: u32,
    /// No request before this monotonic time.
    blocked_until: f64,
    /// It was the server that named `blocked_until`.
    server_asked: bool,
    pub offline: bool,
    /// When waiting events are to be sent even if they are few.
    flush_at: f64,
    /// Most events of the next batch; small after a 413.
    max_events: usize,
    flushes: Vec<Flush>,
}

impl Delivery {
    pub fn new() -> Delivery {
        Delivery {
            flights: Vec::new(),
            last_id: 0,
            failures: 0,
            blocked_until: f64::NEG_INFINITY,
            server_asked: false,
            offline: false,
            flush_at: f64::INFINITY,
            max_events: usize::MAX,
            flushes: Vec::new(),
        }
    }

    /// Bytes of the bodies that were sent and not answered.
    fn in_flight(&self) -> usize {
        let mut bytes = 0;
        for flight in &self.flights {
            bytes += flight.bytes;
        }
        bytes
    }

    fn unblock(&mut self) {
        self.failures = 0;
        self.blocked_until = f64::NEG_INFINITY;
        self.server_asked = false;
    }
}

impl Engine {
    /// An event became ready: it will be sent within `flushInterval`.
    pub(crate) fn schedule_send(&mut self) {
        let at = self.now.mono + self.config.flush_interval;
        self.delivery.flush_at = self.delivery.flush_at.min(at);
    }

    pub(crate) fn flush(&mut self, id: u32) {
        if !self.delivery.server_asked {
            self.delivery.blocked_until = f64::NEG_INFINITY;
        }
        self.delivery.flushes.push(Flush {
            id,
            delivered_before: self.stats.delivered,
            rejected_before: self.refused(),
        });
    }

    pub(crate) fn set_online(&mut self, online: bool) {
        self.delivery.offline = !online;
        if online {
            self.try_within(0.0);
        }
    }

    /// Something changed for the better: failures so far count no more.
    pub(crate) fn try_within(&mut self, ms: f64) {
        self.delivery.unblock();
        self.delivery.flush_at = self.now.mono + ms;
    }

    /// Forgets all requests: their answers will be ignored.
    pub(crate) fn forget_flights(&mut self) {
        self.delivery.flights.clear();
    }

    fn refused(&self) -> u32 {
        self.stats.dropped(Reason::Rejected) + self.stats.dropped(Reason::TooLarge)
    }

    fn may_send(&self) -> bool {
        self.consent == Consent::Granted
            && !self.delivery.offline
            && self.now.mono >= self.delivery.blocked_until
            && self.queue.ready() > 0
    }

    fn send_due(&self) -> bool {
        let delivery = &self.delivery;
        !delivery.flushes.is_empty()
            || self.queue.ready() as f64 >= self.config.batch_size
            || delivery.flush_at <= self.now.mono
    }

    /// Sends what is due, and settles the flushes that were tried.
    pub(crate) fn drive(&mut self) {
        self.give_up_on_silence();
        if self.delivery.flights.is_empty() && self.may_send() && self.send_due() {
            self.send(false, KEEPALIVE_BYTES);
        }
        if self.delivery.flights.is_empty() && !self.delivery.flushes.is_empty() {
            self.settle_flushes();
        }
    }

    /// Sends as much as may outlive the page.
    pub(crate) fn send_before_unload(&mut self) {
        while self.may_send() {
            let in_flight = self.delivery.in_flight();
            match self.queue.next_bytes() {
                Some(next) if in_flight + next <= KEEPALIVE_BYTES => {
                    self.send(true, KEEPALIVE_BYTES - in_flight);
                }
                _ => break,
            }
        }
    }

    fn send(&mut self, unloading: bool, max_bytes: usize) {
        let id = self.delivery.last_id + 1;
        let Some(batch) = self.queue.take(id, self.delivery.max_events, max_bytes) else {
            return;
        };
        self.delivery.last_id = id;
        // What did not fit is as due as what did: it goes with the next request.
        self.delivery.flush_at = match self.queue.ready() {
            0 => f64::INFINITY,
            _ => self.now.mono,
        };
        self.stats.requests += 1;
        self.stats.retries += u32::from(self.delivery.failures > 0);
        self.stats.bytes_sent += batch.body.len() as f64;
        let in_flight = self.delivery.in_flight();
        let bytes = batch.body.len();
        self.delivery.flights.push(Flight {
            id,
            bytes,
            events: batch.events,
            deadline: self.now.mono + ANSWER_WITHIN,
        });
        let keepalive = in_flight + bytes <= KEEPALIVE_BYTES;
        self.emit(
            Do::Send,
            batch.body,
            [
                f64::from(id),
                f64::from(batch.events),
                f64::from(keepalive),
                f64::from(unloading),
            ],
        );
    }

    /// The server answered request `id`, or nobody did: `status` 0.
    pub(crate) fn answered(
        &mut self,
        id: u32,
        status: u16,
        retry_after: f64,
        rejected: u32,
        message: &str,
    ) {
        let Some(flight) = self.land(id) else { return };
        match status {
            200..=299 => {
                let events = self.queue.confirm(id);
                let rejected = rejected.min(events);
                self.stats.delivered += events - rejected;
                self.delivery.unblock();
                self.delivery.max_events = usize::MAX;
                if rejected > 0 {
                    self.lose(Reason::Rejected, rejected, status, message);
                }
            }
            413 if flight.events > 1 => {
                let count = self.queue.give_back(id);
                self.delivery.max_events = count.div_ceil(2);
                self.delivery.flush_at = self.now.mono;
            }
            // 0: no answer came.
            408 | 429 | 500.. | ..200 => self.failed_flight(id, retry_after),
            _ => {
                let events = self.queue.confirm(id);
                let reason = match status {
                    413 => Reason::TooLarge,
                    _ => Reason::Rejected,
                };
                self.delivery.max_events = usize::MAX;
                self.lose(reason, events, status, message);
                if self.queue.ready() > 0 {
                    self.delivery.flush_at = self.now.mono;
                }
            }
        }
    }

    fn failed_flight(&mut self, id: u32, retry_after: f64) {
        self.queue.give_back(id);
        let ceiling =
            (BACKOFF_MIN * f64::from(1u32 << self.delivery.failures.min(16))).min(BACKOFF_MAX);
        self.delivery.failures += 1;
        let asked = retry_after.min(RETRY_AFTER_MAX);
        // Full jitter: clients that failed together come back spread out.
        let wait = (self.random.fraction() * ceiling).max(asked);
        self.delivery.blocked_until = self.now.mono + wait;
        self.delivery.server_asked = retry_after > 0.0;
        self.delivery.flush_at = self.delivery.blocked_until;
        // A flush asked for one try, and this was it.
        self.settle_flushes();
    }

    fn give_up_on_silence(&mut self) {
        while let Some(late) = self
            .delivery
            .flights
            .iter()
            .find(|f| f.deadline <= self.now.mono)
        {
            self.answered(late.id, 0, 0.0, 0, "");
        }
    }

    fn land(&mut self, id: u32) -> Option<Flight> {
        let at = self
            .delivery
            .flights
            .iter()
            .position(|flight| flight.id == id)?;
        Some(self.delivery.flights.swap_remove(at))
    }

    fn settle_flushes(&mut self) {
        for flush in core::mem::take(&mut self.delivery.flushes) {
            let numbers = [
                flush.id,
                self.stats.delivered - flush.delivered_before,
                self.queue.len(),
                self.refused() - flush.rejected_before,
            ];
            self.emit(Do::Flushed, String::new(), numbers.map(f64::from));
        }
    }

    /// Counts and reports events that will not be delivered.
    pub(crate) fn lose(&mut self, reason: Reason, count: u32, status: u16, message: &str) {
        self.stats.dropped[reason as usize] += count;
        self.emit(
            Do::Lost,
            owned(message),
            [
                f64::from(reason as u8),
                f64::from(count),
                f64::from(status),
                0.0,
            ],
        );
    }

    /// The earliest time at which delivery has something to do.
    pub(crate) fn delivery_due(&self) -> f64 {
        let delivery = &self.delivery;
        let mut due = f64::INFINITY;
        for flight in &delivery.flights {
            due = due.min(flight.deadline);
        }
        if delivery.flights.is_empty()
            && self.life == Life::Running
            && self.consent == Consent::Granted
            && !delivery.offline
            && self.queue.ready() > 0
        {
            due = due.min(delivery.flush_at.max(delivery.blocked_until));
        }
        due
    }
}
