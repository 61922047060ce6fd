//! How long to wait after a failure.

use crate::{Millis, Mono, random::Random};

/// Upper limit of the random wait after the first failure. It doubles with each further
/// failure.
const MIN_WAIT: Millis = Millis(1_000.0);

/// Longest backoff. A wait that the server asks for may be longer.
const MAX_BACKOFF: Millis = Millis(300_000.0);

/// Longest wait that a server may ask for: one day.
pub(crate) const MAX_WAIT: Millis = Millis(86_400_000.0);

/// A wait that the server asked for is extended by a random part of up to this share, so
/// that clients that got the same answer do not all return at once.
const SPREAD: f64 = 0.25;

/// Shortest range for that random extension.
const MIN_SPREAD: Millis = Millis(1_000.0);

/// Exponential backoff with jitter, combined with the wait that the server asked for.
#[derive(Debug)]
pub(crate) struct Backoff {
    /// Failures in a row.
    failures: u32,
    /// No request before this time, unless a `flush()` asks for one.
    until: Mono,
    /// No request before this time, because the server asked for that. Nothing but time
    /// ends it.
    server_wait_until: Mono,
}

impl Backoff {
    pub fn new() -> Backoff {
        Backoff {
            failures: 0,
            until: Mono::LONG_AGO,
            server_wait_until: Mono::LONG_AGO,
        }
    }

    /// Requests that failed in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Whether a request may be made at `now`.
    pub fn permits(&self, now: Mono) -> bool {
        now >= self.until()
    }

    /// When the next request may be made.
    pub fn until(&self) -> Mono {
        self.until.max(self.server_wait_until)
    }

    /// When the wait ends that the server asked for.
    pub fn server_wait_until(&self) -> Mono {
        self.server_wait_until
    }

    /// Waits as long as after a failure, without counting one.
    pub fn pause(&mut self, now: Mono, random: &mut Random) {
        let failures = self.failures;
        self.fail(now, None, random);
        self.failures = failures;
    }

    /// Notes a failure. Returns when the next attempt may be made.
    pub fn fail(&mut self, now: Mono, retry_after: Option<Millis>, random: &mut Random) -> Mono {
        let ceiling =
            Millis(MIN_WAIT.0 * f64::from(1u32 << self.failures.min(16))).min(MAX_BACKOFF);
        self.failures += 1;
        // Full jitter spreads out clients that failed at the same time.
        self.until = ceil(now + Millis(random.fraction() * ceiling.0));
        if let Some(wait) = retry_after {
            let wait = wait.min(MAX_WAIT);
            let spread = Millis(wait.0 * SPREAD).max(MIN_SPREAD);
            self.extend_server_wait(now + wait + Millis(random.fraction() * spread.0));
        }
        self.until()
    }

    /// Sends nothing before `until`, because the server asked this page or another one to
    /// wait.
    pub fn extend_server_wait(&mut self, until: Mono) {
        self.server_wait_until = self.server_wait_until.max(ceil(until));
    }

    /// Forgets all failures, because a retry is likely to succeed now. A wait that the
    /// server asked for stays.
    pub fn reset(&mut self) {
        self.failures = 0;
        self.until = Mono::LONG_AGO;
    }

    /// Forgets the wait that the server asked for, if it is over.
    pub fn clear_server_wait(&mut self, now: Mono) {
        if self.server_wait_until <= now {
            self.server_wait_until = Mono::LONG_AGO;
        }
    }

    /// Allows the next request at once, unless the server asked to wait.
    pub fn skip_backoff(&mut self) {
        self.until = Mono::LONG_AGO;
    }
}

/// Rounds up to whole milliseconds. Browsers' timers know no fractions, and would fire
/// too early.
fn ceil(Mono(at): Mono) -> Mono {
    Mono(at.ceil())
}
