//! Decides when to send, and what follows from the answer.

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

/// Browsers allow 64 KiB of bodies in flight for requests that may outlive their page,
/// shared by all scripts of the page. This leaves a little for the others.
const KEEPALIVE_BYTES: usize = 60 * 1024;

/// Longest wait for an answer; then the request is aborted. Browsers open six connections
/// to a server, and a server that never answers would otherwise hold all of them.
const ANSWER_TIMEOUT: Millis = Millis(30_000.0);

/// How many unanswered requests with `keepalive` a page may leave behind. Chromium does
/// not end such a request when it is aborted. Each therefore holds a connection for as
/// long as the page lives, and all tabs of a browser share those connections.
const MAX_UNANSWERED_KEEPALIVE: u32 = 1;

/// The developer is warned when the collector has taken nothing for this long.
const UNREACHABLE_AFTER: Millis = Millis(60_000.0);

/// After a batch was too large, this many batches in a row must succeed before a larger
/// one is tried. The limit of whatever refused it hardly ever changes, and each try may
/// cost a batch that is sent twice.
const SUCCESSES_TO_GROW: u32 = 32;

/// After this many failures in a row, uncertain events are sent without asking first: a
/// proxy or firewall may be blocking the question itself.
const MAX_FAILURES_TO_ASK: u32 = 3;

/// A request that has not been answered yet.
#[derive(Debug)]
struct Flight {
    request: RequestId,
    bytes: usize,
    events: u32,
    keepalive: bool,
    deadline: Mono,
}

/// The result of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The request was confirmed, will be sent again in parts, or had been given up
    /// before.
    Ended,
    /// The request failed and will be retried later.
    Failed,
    /// Some of its events will not be delivered.
    Lost(Loss),
}

/// Sends the events in the queue: one request at a time, except while the page unloads.
#[derive(Debug)]
pub(crate) struct Delivery {
    flush_interval: Millis,
    batch_size: u32,
    flights: Vec<Flight>,
    last_request: u32,
    /// How many requests with `keepalive` were never answered.
    unanswered_keepalive: u32,
    backoff: Backoff,
    /// When the waiting events must be sent, even if they are fewer than a batch.
    flush_at: Mono,
    /// More events are expected in a moment. The next request waits for them, even if a
    /// full batch is there.
    is_gathering: bool,
    /// Largest size of the next batch, in bytes. It is lowered after a batch was too
    /// large.
    max_bytes: usize,
    /// How many batches in a row succeeded since `max_bytes` changed.
    successes: u32,
    flushes: Flushes,
    /// When the oldest request of the current series of failures was sent.
    failing_since: Mono,
    /// The status of the last failure; `None` if no answer came.
    failure_status: Option<u16>,
    /// The developer has been warned.
    is_warned: bool,
}

impl Delivery {
    pub fn new(config: &Config) -> Delivery {
        Delivery {
            flush_interval: config.flush_interval,
            batch_size: config.batch_size,
            flights: Vec::new(),
            last_request: 0,
            unanswered_keepalive: 0,
            backoff: Backoff::new(),
            flush_at: Mono::NEVER,
            is_gathering: false,
            max_bytes: KEEPALIVE_BYTES,
            successes: 0,
            flushes: Flushes::default(),
            failing_since: Mono::NEVER,
            failure_status: None,
            is_warned: false,
        }
    }

    /// Notes that an event became ready: it will be sent within
    /// `flushInterval`.
    pub fn schedule(&mut self, now: Mono) {
        self.flush_at = self.flush_at.min(now + self.flush_interval);
    }

    /// Notes a `flush()`: every queued event is due.
    pub fn flush(&mut self, id: FlushId, queue: &Queue, stats: &Stats) {
        self.backoff.skip_backoff();
        self.flushes.add(id, queue, stats);
    }

    /// Takes in whether the browser has a network. That is only a hint, and wrong on some
    /// machines. So without a network requests are still tried, with the waits that
    /// follow failures.
    pub fn set_online(&mut self, now: Mono, online: bool, random: &mut Random) {
        if online {
            self.try_within(now, Millis::ZERO);
        } else {
            self.backoff.pause(now, random);
        }
    }

    /// Forgets earlier failures and sends within `wait`, because a retry is likely to
    /// succeed now.
    pub fn try_within(&mut self, now: Mono, wait: Millis) {
        self.backoff.reset();
        self.flush_at = now + wait;
        self.is_gathering = true;
    }

    /// Sends nothing before `until`, because the server asked another page to wait.
    pub fn extend_server_wait(&mut self, until: Mono) {
        self.backoff.extend_server_wait(until);
    }

    /// When the wait ends that the server asked for.
    pub fn server_wait_until(&self) -> Mono {
        self.backoff.server_wait_until()
    }

    /// Gives up all requests: aborts them and ignores their answers.
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

    /// Returns the next batch if one is due and may be sent.
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

    /// Returns the next batch that may outlive the page.
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
        // The answer may come after the page is gone.
        let may_ask = !unloading;
        let batch = queue.take(request, max_bytes, may_ask)?;
        self.last_request += 1;
        self.is_gathering = false;
        // The events that did not fit are just as due and go with the next request.
        self.flush_at = if queue.ready() > 0 { now } else { Mono::NEVER };
        let bytes = batch.body.len();
        stats.requests += 1;
        stats.retries += u32::from(self.backoff.failures() > 0);
        stats.bytes_sent += bytes as f64;
        let keepalive = self.unanswered_keepalive < MAX_UNANSWERED_KEEPALIVE
            && self.bytes_in_flight() + bytes <= KEEPALIVE_BYTES;
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

    /// Counts another request with the same body.
    pub fn sent_again(&self, request: RequestId, stats: &mut Stats) {
        if let Some(flight) = self.flights.iter().find(|it| it.request == request) {
            stats.requests += 1;
            stats.bytes_sent += flight.bytes as f64;
        }
    }

    /// Takes in the result of a request.
    pub fn answered(
        &mut self,
        now: Mono,
        response: Response<'_>,
        queue: &mut Queue,
        random: &mut Random,
        stats: &mut Stats,
    ) -> Outcome {
        let Response { request, answer } = response;
        let Some(flight) = self.remove_flight(request) else {
            return Outcome::Ended;
        };
        let verdict = self.verdict(&flight, answer);
        let must_send = queue.settle_uncertain(request, verdict);
        let status = answer.map(|answer| answer.status);
        self.failure_status = status;
        match (status, answer) {
            (Some(200..=299), Some(answer)) => {
                let events = queue.remove_carried(request);
                let rejected = answer.rejected.map_or(0, |count| count.get().min(events));
                stats.delivered += events - rejected;
                self.backoff.reset();
                self.backoff.clear_server_wait(now);
                self.failing_since = Mono::NEVER;
                self.count_success();
                if must_send {
                    self.flush_at = now;
                }
                refusal_outcome(Reason::Rejected, rejected, answer)
            }
            (Some(413), Some(_)) if flight.events > 1 => {
                queue.requeue(request);
                self.max_bytes = flight.bytes / 2;
                self.successes = 0;
                self.flush_at = now;
                Outcome::Ended
            }
            // The server would answer the same however often these are sent.
            (Some(status @ (400 | 401 | 410 | 413 | 422)), Some(answer)) => {
                let events = queue.remove_carried(request);
                let reason = match status {
                    413 => Reason::TooLarge,
                    _ => Reason::Rejected,
                };
                self.failing_since = Mono::NEVER;
                if queue.ready() > 0 {
                    self.flush_at = now;
                }
                refusal_outcome(reason, events, answer)
            }
            (_, answer) => {
                queue.requeue(request);
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

    /// Notes that a batch succeeded. After enough of them a larger one may be tried.
    fn count_success(&mut self) {
        self.successes += 1;
        if self.successes >= SUCCESSES_TO_GROW {
            self.successes = 0;
            self.max_bytes = (self.max_bytes * 2).min(KEEPALIVE_BYTES);
        }
    }

    /// What an answer says about the events that its request asked about.
    fn verdict<'a>(&self, flight: &Flight, answer: Option<Answer<'a>>) -> Verdict<'a> {
        let Some(answer) = answer else {
            return self.unanswered();
        };
        match (answer.lacking, answer.status) {
            (Some(ids), 200..=299) => Verdict::Lacking(ids),
            // A server that understands the question answers it. One that answers with
            // these statuses either does not, or refuses so long a question.
            (_, 200..=299 | 400..=403 | 410 | 414 | 422) => Verdict::NotUnderstood,
            // The request only asked a question, so this failure says nothing about
            // sending events.
            _ if flight.events == 0 => Verdict::NotUnderstood,
            _ => self.unanswered(),
        }
    }

    fn unanswered(&self) -> Verdict<'static> {
        if self.backoff.failures() < MAX_FAILURES_TO_ASK {
            Verdict::Unanswered
        } else {
            Verdict::NotUnderstood
        }
    }

    /// Returns the warning that the server has been unreachable for long, at most once.
    pub fn poll_warning(&mut self, now: Mono) -> Option<Effect> {
        if self.warn_at() > now {
            return None;
        }
        self.is_warned = true;
        Some(Effect::WarnUnreachable {
            status: self.failure_status,
        })
    }

    fn warn_at(&self) -> Mono {
        if self.is_warned {
            return Mono::NEVER;
        }
        self.failing_since + UNREACHABLE_AFTER
    }

    /// Gives up the oldest request whose answer is overdue.
    pub fn give_up_overdue(&mut self, now: Mono) -> Option<RequestId> {
        let overdue = self.flights.iter().find(|flight| flight.deadline <= now)?;
        self.unanswered_keepalive += u32::from(overdue.keepalive);
        Some(overdue.request)
    }

    fn remove_flight(&mut self, request: RequestId) -> Option<Flight> {
        let at = self
            .flights
            .iter()
            .position(|flight| flight.request == request)?;
        Some(self.flights.swap_remove(at))
    }

    /// Whether a request is unanswered.
    pub fn is_waiting(&self) -> bool {
        !self.flights.is_empty()
    }

    /// Requests that failed in a row.
    pub fn failures(&self) -> u32 {
        self.backoff.failures()
    }

    /// What keeps ready events from being sent, and until when.
    pub fn waits_for(&self, now: Mono) -> (WaitsFor, Mono) {
        let server_wait_until = self.backoff.server_wait_until();
        let until = self.backoff.until();
        if let Some(flight) = self.flights.first() {
            (WaitsFor::Answer, flight.deadline)
        } else if server_wait_until > now {
            (WaitsFor::RetryAfter, server_wait_until)
        } else if until > now {
            (WaitsFor::Backoff, until)
        } else {
            (WaitsFor::Batch, self.flush_at)
        }
    }

    /// Settles each `flush()` whose attempt is over. If no request is under way, nothing
    /// could be sent.
    pub fn settle_flushes(&mut self, queue: &Queue, stats: &Stats, effects: &mut Effects) {
        let queue = self.is_waiting().then_some(queue);
        self.flushes.settle(queue, stats, effects);
    }

    /// Settles every `flush()`: each asked for one attempt, and that failed.
    pub fn fail_flushes(&mut self, stats: &Stats, effects: &mut Effects) {
        self.flushes.settle(None, stats, effects);
    }

    /// The earliest time at which delivery has something to do.
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

/// The outcome when the server refused this many events.
fn refusal_outcome(reason: Reason, count: u32, answer: Answer<'_>) -> Outcome {
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
