//! How long to wait after a failure.

use crate::{Millis, Mono, random::Random};

/// Shortest ceiling of the wait after a failure.
const MIN_WAIT: Millis = Millis(1_000.0);

/// Longest wait after a failure that a server did not ask for.
const MAX_BACKOFF: Millis = Millis(300_000.0);

/// A server may ask for patience, but not for more than a day.
pub(crate) const MAX_WAIT: Millis = Millis(86_400_000.0);

/// Clients that were told the same wait up to so much of it longer, each its
/// own time, so that they do not come back in one moment.
const SPREAD: f64 = 0.25;

/// Shortest of the spans over which they spread.
const MIN_SPREAD: Millis = Millis(1_000.0);

/// Exponential backoff with jitter, and what the server asked for.
#[derive(Debug)]
pub(crate) struct Backoff {
    /// Failures in a row.
    failures: u32,
    /// No request before this time, unless somebody asks for one.
    until: Mono,
    /// No request before this time: the server asked for that, and nothing but
    /// time ends it.
    asked_until: Mono,
}

impl Backoff {
    pub fn new() -> Backoff {
        Backoff {
            failures: 0,
            until: Mono::LONG_AGO,
            asked_until: Mono::LONG_AGO,
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
        self.until.max(self.asked_until)
    }

    /// When the time is over that the server asked for.
    pub fn asked_until(&self) -> Mono {
        self.asked_until
    }

    /// Waits as long as after a failure, without noting one.
    pub fn pause(&mut self, now: Mono, random: &mut Random) {
        let failures = self.failures;
        self.fail(now, None, random);
        self.failures = failures;
    }

    /// Notes a failure, and returns when the next try may be made.
    pub fn fail(&mut self, now: Mono, retry_after: Option<Millis>, random: &mut Random) -> Mono {
        let ceiling =
            Millis(MIN_WAIT.0 * f64::from(1u32 << self.failures.min(16))).min(MAX_BACKOFF);
        self.failures += 1;
        // Full jitter: clients that failed together come back spread out.
        self.until = ceil(now + Millis(random.fraction() * ceiling.0));
        if let Some(asked) = retry_after {
            let asked = asked.min(MAX_WAIT);
            let spread = Millis(asked.0 * SPREAD).max(MIN_SPREAD);
            self.wait_for(now + asked + Millis(random.fraction() * spread.0));
        }
        self.until()
    }

    /// Waits until the server may be asked again: another page was told so, or
    /// this one.
    pub fn wait_for(&mut self, until: Mono) {
        self.asked_until = self.asked_until.max(ceil(until));
    }

    /// Forgets all failures, since something changed for the better. What the
    /// server asked for stays.
    pub fn encourage(&mut self) {
        self.failures = 0;
        self.until = Mono::LONG_AGO;
    }

    /// Forgets what the server asked for, once that is over.
    pub fn end_wait(&mut self, now: Mono) {
        if self.asked_until <= now {
            self.asked_until = Mono::LONG_AGO;
        }
    }

    /// Lets the next request be made at once, unless the server asked to wait.
    pub fn skip(&mut self) {
        self.until = Mono::LONG_AGO;
    }
}

/// Whole ms: timers of browsers know no others, and fire too early for a
/// fraction.
fn ceil(Mono(at): Mono) -> Mono {
    Mono(at.ceil())
}
