//! Decides when to send, and what follows from the answer.

mod batch_limit;
mod flights;
mod outage;

use crate::{
    Answer, Config, FlushId, Loss, Millis, Mono, Reason, Request, RequestId, Response, Stats,
    backoff::Backoff,
    effect::{Effect, Effects},
    flushes::Flushes,
    inspection::WaitsFor,
    queue::{Queue, Verdict},
    random::Random,
};

use batch_limit::BatchLimit;
use flights::{Flight, Flights, KEEPALIVE_BYTES};
use outage::Outage;

/// After this many failures in a row, uncertain events are sent without asking first: a
/// proxy or firewall may be blocking the question itself.
const MAX_FAILURES_TO_ASK: u32 = 3;

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

/// When a batch is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    WhileOpen,
    /// The page may be gone at once.
    BeforeUnload,
}

/// Sends the events in the queue: one request at a time, except while the page unloads.
#[derive(Debug)]
pub(crate) struct Delivery {
    flush_interval: Millis,
    batch_size: u32,
    flights: Flights,
    backoff: Backoff,
    /// When the waiting events must be sent, even if they are fewer than a batch.
    flush_at: Mono,
    /// More events are expected in a moment. The next request waits for them, even if a
    /// full batch is there.
    is_gathering: bool,
    batch_limit: BatchLimit,
    flushes: Flushes,
    outage: Outage,
}

impl Delivery {
    pub fn new(config: &Config) -> Delivery {
        Delivery {
            flush_interval: config.flush_interval,
            batch_size: config.batch_size,
            flights: Flights::default(),
            backoff: Backoff::new(),
            flush_at: Mono::NEVER,
            is_gathering: false,
            batch_limit: BatchLimit::new(),
            flushes: Flushes::default(),
            outage: Outage::new(),
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
        self.flights.abort(effects);
        self.outage.end();
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
            self.send(
                now,
                Sending::WhileOpen,
                self.batch_limit.bytes(),
                queue,
                stats,
            )
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
        let room = KEEPALIVE_BYTES.checked_sub(self.flights.bytes())?;
        if queue.next_bytes()? > room {
            return None;
        }
        let max_bytes = room.min(self.batch_limit.bytes());
        self.send(now, Sending::BeforeUnload, max_bytes, queue, stats)
    }

    fn send(
        &mut self,
        now: Mono,
        sending: Sending,
        max_bytes: usize,
        queue: &mut Queue,
        stats: &mut Stats,
    ) -> Option<Request> {
        let request = self.flights.next_id();
        let unloading = sending == Sending::BeforeUnload;
        // The answer may come after the page is gone.
        let may_ask = !unloading;
        let batch = queue.take(request, max_bytes, may_ask)?;
        self.is_gathering = false;
        // The events that did not fit are just as due and go with the next request.
        self.flush_at = if queue.ready() > 0 { now } else { Mono::NEVER };
        let bytes = batch.body.len();
        stats.requests += 1;
        stats.retries += u32::from(self.backoff.failures() > 0);
        stats.bytes_sent += bytes as f64;
        let keepalive = self.flights.begin(now, bytes, batch.events);
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
        if let Some(flight) = self.flights.get(request) {
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
        let Some(flight) = self.flights.remove(request) else {
            return Outcome::Ended;
        };
        let verdict = self.verdict(&flight, answer);
        let must_send = queue.settle_uncertain(request, verdict);
        let status = answer.map(|answer| answer.status);
        self.outage.answered(status);
        match (status, answer) {
            (Some(200..=299), Some(answer)) => {
                let events = queue.remove_carried(request);
                let rejected = answer.rejected.map_or(0, |count| count.get().min(events));
                stats.delivered += events - rejected;
                self.backoff.reset();
                self.backoff.clear_server_wait(now);
                self.outage.end();
                self.batch_limit.count_success();
                if must_send {
                    self.flush_at = now;
                }
                refusal_outcome(Reason::Rejected, rejected, answer)
            }
            (Some(413), Some(_)) if flight.events > 1 => {
                queue.requeue(request);
                self.batch_limit.shrink(flight.bytes);
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
                self.outage.end();
                if queue.ready() > 0 {
                    self.flush_at = now;
                }
                refusal_outcome(reason, events, answer)
            }
            (_, answer) => {
                queue.requeue(request);
                self.outage.failed(flight.sent_at());
                let retry_after = answer.and_then(|answer| answer.retry_after);
                self.flush_at = self.backoff.fail(now, retry_after, random);
                Outcome::Failed
            }
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
        self.outage.poll_warning(now)
    }

    /// Gives up the oldest request whose answer is overdue.
    pub fn give_up_overdue(&mut self, now: Mono) -> Option<RequestId> {
        self.flights.give_up_overdue(now)
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
        if let Some(deadline) = self.flights.first_deadline() {
            (WaitsFor::Answer, deadline)
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
        let mut at = self.flights.timeout();
        if may_send {
            at = at.min(self.outage.warn_at());
            if self.flights.is_empty() && queue.ready() > 0 {
                at = at.min(self.flush_at.max(self.backoff.until()));
            }
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
