//! The requests that have not been answered yet.

use std::num::NonZeroU32;

use crate::{
    Millis, Mono, RequestId,
    effect::{Effect, Effects},
};

/// Browsers allow 64 KiB of bodies in flight for requests that may outlive their page,
/// shared by all scripts of the page. This leaves a little for the others.
pub(super) const KEEPALIVE_BYTES: usize = 60 * 1024;

/// Longest wait for an answer; then the request is aborted. Browsers open six connections
/// to a server, and a server that never answers would otherwise hold all of them.
const ANSWER_TIMEOUT: Millis = Millis(30_000.0);

/// How many unanswered requests with `keepalive` a page may leave behind. Chromium does
/// not end such a request when it is aborted. Each therefore holds a connection for as
/// long as the page lives, and all tabs of a browser share those connections.
const MAX_UNANSWERED_KEEPALIVE: u32 = 1;

/// A request that has not been answered yet.
#[derive(Debug)]
pub(super) struct Flight {
    pub request: RequestId,
    /// Size of its body.
    pub bytes: usize,
    /// How many events it carries.
    pub events: u32,
    pub keepalive: bool,
    /// When it is aborted.
    pub deadline: Mono,
}

impl Flight {
    /// When the request was sent.
    pub fn sent_at(&self) -> Mono {
        self.deadline - ANSWER_TIMEOUT
    }
}

/// All unanswered requests.
#[derive(Debug, Default)]
pub(super) struct Flights {
    flights: Vec<Flight>,
    last_request: u32,
    /// How many requests with `keepalive` were never answered.
    unanswered_keepalive: u32,
}

impl Flights {
    pub fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    /// Size of all their bodies.
    pub fn bytes(&self) -> usize {
        self.flights.iter().map(|flight| flight.bytes).sum()
    }

    /// The request with this id. `None`: it was removed.
    pub fn get(&self, request: RequestId) -> Option<&Flight> {
        self.flights.iter().find(|flight| flight.request == request)
    }

    /// The id of the next request.
    pub fn next_id(&self) -> RequestId {
        RequestId(NonZeroU32::MIN.saturating_add(self.last_request))
    }

    /// Notes that the next request is sent. Returns whether it is sent with `keepalive`.
    pub fn begin(&mut self, now: Mono, bytes: usize, events: u32) -> bool {
        let keepalive = self.unanswered_keepalive < MAX_UNANSWERED_KEEPALIVE
            && self.bytes() + bytes <= KEEPALIVE_BYTES;
        self.flights.push(Flight {
            request: self.next_id(),
            bytes,
            events,
            keepalive,
            deadline: now + ANSWER_TIMEOUT,
        });
        self.last_request += 1;
        keepalive
    }

    /// Removes a request, because its answer came or will not be waited for. `None`: it
    /// was removed before.
    pub fn remove(&mut self, request: RequestId) -> Option<Flight> {
        let at = self
            .flights
            .iter()
            .position(|flight| flight.request == request)?;
        Some(self.flights.swap_remove(at))
    }

    /// The oldest request whose answer is overdue. It will not be waited for.
    pub fn give_up_overdue(&mut self, now: Mono) -> Option<RequestId> {
        let overdue = self.flights.iter().find(|flight| flight.deadline <= now)?;
        self.unanswered_keepalive += u32::from(overdue.keepalive);
        Some(overdue.request)
    }

    /// Aborts all requests. Their answers will be ignored.
    pub fn abort(&mut self, effects: &mut Effects) {
        for Flight { request, .. } in std::mem::take(&mut self.flights) {
            effects.push(Effect::AbortRequest { request });
        }
    }

    /// When the first of them is aborted, unless its answer comes. `None`: every request
    /// was answered.
    pub fn first_deadline(&self) -> Option<Mono> {
        self.flights.first().map(|flight| flight.deadline)
    }

    /// When the next of them is aborted, unless its answer comes.
    pub fn timeout(&self) -> Mono {
        self.flights
            .iter()
            .fold(Mono::NEVER, |at, flight| at.min(flight.deadline))
    }
}
