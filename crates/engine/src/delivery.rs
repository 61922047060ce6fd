//! When to send, and what to make of the answer.

use std::num::NonZeroU32;

use crate::{
    Answer, Config, FlushId, Loss, Millis, Mono, Reason, Request, RequestId, Response, Stats,
    backoff::Backoff,
    effect::{Effect, Effects},
    flushes::Flushes,
    inspection::WaitsFor,
    queue::{Queue, Verdict},
    random::Random,
};

/// Browsers let 64 KiB of bodies of requests that may outlive their page be in
/// flight at a time, for all scripts of a page together. A little is left for
/// the others.
const KEEPALIVE_BYTES: usize = 60 * 1024;

/// Longest wait for an answer. The request is aborted then: browsers have six
/// connections for a server, and one that swallows requests would hold them all.
const ANSWER_TIMEOUT: Millis = Millis(30_000.0);

/// Requests with `keepalive` that a page leaves unanswered. Chromium does not end
/// them when they are aborted, so each holds one of the connections for as long as
/// the page lives, and the tabs of a browser share those.
const MAX_SWALLOWED: u32 = 1;

/// A collector that took nothing for this long is told of.
const UNREACHABLE: Millis = Millis(60_000.0);

/// So many batches in a row have to be taken before a larger one is tried, once one was
/// found too large: what is in between has a bound that hardly ever changes, and to find
/// out costs a batch that is sent twice.
const TAKEN_TO_GROW: u32 = 32;

/// After so many failures in a row nobody is asked about uncertain events any
/// more: it may be the question that something in between does not let pass.
const FAILURES_TO_ASK: u32 = 3;

/// A request that is not answered yet.
#[derive(Debug)]
struct Flight {
    request: RequestId,
    bytes: usize,
    events: u32,
    keepalive: bool,
    deadline: Mono,
}

/// What came of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was confirmed, or will be sent again in parts, or was given up before.
    Ended,
    /// It failed, and will be sent again later.
    Failed,
    /// Events of it will not be delivered.
    Lost(Loss),
}

/// Sends what the queue holds: one request at a time, but while the page goes.
#[derive(Debug)]
pub(crate) struct Delivery {
    flush_interval: Millis,
    batch_size: u32,
    flights: Vec<Flight>,
    last_request: u32,
    /// Requests with `keepalive` that were never answered.
    swallowed: u32,
    backoff: Backoff,
    /// When waiting events have to be sent even if they are few.
    flush_at: Mono,
    /// More may come in a moment: the next request waits for it, however much is
    /// there.
    is_gathering: bool,
    /// Most bytes of the next batch: less than a request may have after one was too
    /// large.
    max_bytes: usize,
    /// Batches in a row that were taken since that last changed.
    taken: u32,
    flushes: Flushes,
    /// When the first of the requests was made of which none has succeeded.
    failing_since: Mono,
    /// How the last of them was answered.
    failed_with: Option<u16>,
    /// The developer was told.
    is_told: bool,
}

impl Delivery {
    pub fn new(config: &Config) -> Delivery {
        Delivery {
            flush_interval: config.flush_interval,
            batch_size: config.batch_size,
            flights: Vec::new(),
            last_request: 0,
            swallowed: 0,
            backoff: Backoff::new(),
            flush_at: Mono::NEVER,
            is_gathering: false,
            max_bytes: KEEPALIVE_BYTES,
            taken: 0,
            flushes: Flushes::default(),
            failing_since: Mono::NEVER,
            failed_with: None,
            is_told: false,
        }
    }

    /// Notes that an event became ready: it will be sent within
    /// `flushInterval`.
    pub fn schedule(&mut self, now: Mono) {
        self.flush_at = self.flush_at.min(now + self.flush_interval);
    }

    /// Notes a `flush()`: everything that is queued is due.
    pub fn flush(&mut self, id: FlushId, queue: &Queue, stats: &Stats) {
        self.backoff.skip();
        self.flushes.add(id, queue, stats);
    }

    /// Takes in what the browser says of the network. That is a hint, and wrong
    /// on some machines: without network, requests are tried at the pace of
    /// those that fail.
    pub fn set_online(&mut self, now: Mono, online: bool, random: &mut Random) {
        if online {
            self.try_within(now, Millis::ZERO);
        } else {
            self.backoff.pause(now, random);
        }
    }

    /// Tries again soon, whatever failed before: something changed for the
    /// better.
    pub fn try_within(&mut self, now: Mono, wait: Millis) {
        self.backoff.encourage();
        self.flush_at = now + wait;
        self.is_gathering = true;
    }

    /// Sends nothing until then: the server asked another page for that.
    pub fn wait_for(&mut self, until: Mono) {
        self.backoff.wait_for(until);
    }

    /// When the time is over that the server asked for.
    pub fn asked_until(&self) -> Mono {
        self.backoff.asked_until()
    }

    /// Gives up all requests: they are aborted, and their answers ignored.
    pub fn abort_flights(&mut self, effects: &mut Effects) {
        for Flight { request, .. } in std::mem::take(&mut self.flights) {
            effects.push(Effect::AbortRequest { request });
        }
        self.failing_since = Mono::NEVER;
    }

    fn may_send(&self, now: Mono, queue: &Queue) -> bool {
        self.backoff.permits(now) && queue.ready() > 0
    }

    fn is_due(&self, now: Mono, queue: &Queue) -> bool {
        self.flushes.are_due(queue)
            || (queue.ready() >= self.batch_size as usize && !self.is_gathering)
            || self.flush_at <= now
    }

    /// The next batch that is due, if one may be sent.
    pub fn poll_send(
        &mut self,
        now: Mono,
        queue: &mut Queue,
        stats: &mut Stats,
    ) -> Option<Request> {
        if self.flights.is_empty() && self.may_send(now, queue) && self.is_due(now, queue) {
            self.send(now, false, self.max_bytes, queue, stats)
        } else {
            None
        }
    }

    /// The next batch that may outlive the page.
    pub fn poll_send_before_unload(
        &mut self,
        now: Mono,
        queue: &mut Queue,
        stats: &mut Stats,
    ) -> Option<Request> {
        if !self.may_send(now, queue) {
            return None;
        }
        let room = KEEPALIVE_BYTES.checked_sub(self.bytes_in_flight())?;
        if queue.next_bytes()? > room {
            return None;
        }
        self.send(now, true, room.min(self.max_bytes), queue, stats)
    }

    fn bytes_in_flight(&self) -> usize {
        self.flights.iter().map(|flight| flight.bytes).sum()
    }

    fn send(
        &mut self,
        now: Mono,
        unloading: bool,
        max_bytes: usize,
        queue: &mut Queue,
        stats: &mut Stats,
    ) -> Option<Request> {
        let request = RequestId(NonZeroU32::MIN.saturating_add(self.last_request));
        // The page may be gone when it is answered.
        let may_ask = !unloading;
        let batch = queue.take(request, max_bytes, may_ask)?;
        self.last_request += 1;
        self.is_gathering = false;
        // What did not fit is as due as what did: it goes with the next request.
        self.flush_at = if queue.ready() > 0 { now } else { Mono::NEVER };
        let bytes = batch.body.len();
        stats.requests += 1;
        stats.retries += u32::from(self.backoff.failures() > 0);
        stats.bytes_sent += bytes as f64;
        let keepalive =
            self.swallowed < MAX_SWALLOWED && self.bytes_in_flight() + bytes <= KEEPALIVE_BYTES;
        self.flights.push(Flight {
            request,
            bytes,
            events: batch.events,
            keepalive,
            deadline: now + ANSWER_TIMEOUT,
        });
        Some(Request {
            request,
            events: batch.events,
            body: batch.body,
            asked: batch.asked,
            keepalive,
            unloading,
        })
    }

    /// Takes in how a request ended.
    pub fn answered(
        &mut self,
        now: Mono,
        response: Response<'_>,
        queue: &mut Queue,
        random: &mut Random,
        stats: &mut Stats,
    ) -> Outcome {
        let Response { request, answer } = response;
        let Some(flight) = self.land(request) else {
            return Outcome::Ended;
        };
        let verdict = self.verdict(&flight, answer);
        let again = queue.settle_asked(request, verdict);
        let status = answer.map(|answer| answer.status);
        self.failed_with = status;
        match (status, answer) {
            (Some(200..=299), Some(answer)) => {
                let events = queue.confirm(request);
                let rejected = answer.rejected.map_or(0, |count| count.get().min(events));
                stats.delivered += events - rejected;
                self.backoff.encourage();
                self.backoff.end_wait(now);
                self.failing_since = Mono::NEVER;
                self.grow();
                if again {
                    self.flush_at = now;
                }
                lost(Reason::Rejected, rejected, answer)
            }
            (Some(413), Some(_)) if flight.events > 1 => {
                queue.give_back(request);
                self.max_bytes = flight.bytes / 2;
                self.taken = 0;
                self.flush_at = now;
                Outcome::Ended
            }
            // These will be answered the same however often they are sent.
            (Some(status @ (400 | 401 | 410 | 413 | 422)), Some(answer)) => {
                let events = queue.confirm(request);
                let reason = match status {
                    413 => Reason::TooLarge,
                    _ => Reason::Rejected,
                };
                self.failing_since = Mono::NEVER;
                if queue.ready() > 0 {
                    self.flush_at = now;
                }
                lost(reason, events, answer)
            }
            (_, answer) => {
                queue.give_back(request);
                let sent = flight.deadline - ANSWER_TIMEOUT;
                if self.failing_since == Mono::NEVER {
                    self.failing_since = sent;
                }
                let retry_after = answer.and_then(|answer| answer.retry_after);
                self.flush_at = self.backoff.fail(now, retry_after, random);
                Outcome::Failed
            }
        }
    }

    /// Notes that a batch was taken: now and then a larger one may be tried.
    fn grow(&mut self) {
        self.taken += 1;
        if self.taken >= TAKEN_TO_GROW {
            self.taken = 0;
            self.max_bytes = (self.max_bytes * 2).min(KEEPALIVE_BYTES);
        }
    }

    /// What an answer says of the events that its request asked about.
    fn verdict<'a>(&self, flight: &Flight, answer: Option<Answer<'a>>) -> Verdict<'a> {
        let Some(answer) = answer else {
            return self.unanswered();
        };
        match (answer.lacking, answer.status) {
            (Some(ids), 200..=299) => Verdict::Lacking(ids),
            // Whoever understands the question answers it, or was asked too much.
            (_, 200..=299 | 400..=403 | 410 | 414 | 422) => Verdict::Untold,
            // A question without an event is nothing that others have to know.
            _ if flight.events == 0 => Verdict::Untold,
            _ => self.unanswered(),
        }
    }

    fn unanswered(&self) -> Verdict<'static> {
        if self.backoff.failures() < FAILURES_TO_ASK {
            Verdict::Unanswered
        } else {
            Verdict::Untold
        }
    }

    /// Tells of a server that has been out of reach for long, once.
    pub fn poll_warning(&mut self, now: Mono) -> Option<Effect> {
        if self.warn_at() > now {
            return None;
        }
        self.is_told = true;
        Some(Effect::WarnUnreachable {
            status: self.failed_with,
        })
    }

    fn warn_at(&self) -> Mono {
        if self.is_told {
            return Mono::NEVER;
        }
        self.failing_since + UNREACHABLE
    }

    /// The oldest request whose answer is overdue: it is given up.
    pub fn give_up_overdue(&mut self, now: Mono) -> Option<RequestId> {
        let late = self.flights.iter().find(|flight| flight.deadline <= now)?;
        self.swallowed += u32::from(late.keepalive);
        Some(late.request)
    }

    fn land(&mut self, request: RequestId) -> Option<Flight> {
        let at = self
            .flights
            .iter()
            .position(|flight| flight.request == request)?;
        Some(self.flights.swap_remove(at))
    }

    /// Whether a request is not answered yet.
    pub fn is_waiting(&self) -> bool {
        !self.flights.is_empty()
    }

    /// Requests that failed in a row.
    pub fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// What events that could be sent wait for, and until when.
    pub fn waits(&self, now: Mono) -> (WaitsFor, Mono) {
        let asked_until = self.backoff.asked_until();
        let until = self.backoff.until();
        if let Some(flight) = self.flights.first() {
            (WaitsFor::Answer, flight.deadline)
        } else if asked_until > now {
            (WaitsFor::RetryAfter, asked_until)
        } else if until > now {
            (WaitsFor::Backoff, until)
        } else {
            (WaitsFor::Batch, self.flush_at)
        }
    }

    /// Settles each `flush()` whose try is over: where nothing is on its way, nothing
    /// could be sent.
    pub fn settle_flushes(&mut self, queue: &Queue, stats: &Stats, effects: &mut Effects) {
        let queue = self.is_waiting().then_some(queue);
        self.flushes.settle(queue, stats, effects);
    }

    /// Settles every `flush()`: it asked for one try, and that has failed.
    pub fn fail_flushes(&mut self, stats: &Stats, effects: &mut Effects) {
        self.flushes.settle(None, stats, effects);
    }

    /// The earliest time at which there is something to do.
    pub fn timeout(&self, may_send: bool, queue: &Queue) -> Mono {
        let mut at = Mono::NEVER;
        if may_send {
            at = self.warn_at();
            if self.flights.is_empty() && queue.ready() > 0 {
                at = at.min(self.flush_at.max(self.backoff.until()));
            }
        }
        for flight in &self.flights {
            at = at.min(flight.deadline);
        }
        at
    }
}

/// What it means that the server refused so many events.
fn lost(reason: Reason, count: u32, answer: Answer<'_>) -> Outcome {
    if count == 0 {
        return Outcome::Ended;
    }
    Outcome::Lost(Loss {
        reason,
        count,
        status: Some(answer.status),
        message: answer.message.to_owned(),
    })
}
