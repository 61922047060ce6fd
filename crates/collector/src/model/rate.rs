//! The request rate of a key.

use std::{num::NonZeroU32, time::Duration};

/// How far ahead of its rate a key may be.
const BURST: Duration = Duration::from_secs(2);

/// When several collectors count together, each draws the requests of a hundredth of a second
/// at once, so that it does not have to ask the store for each request.
const SHARES_PER_SECOND: u32 = 100;

/// Number of other collectors that may hold unused requests without reducing the rate of a
/// key that sends to all of them.
const OTHERS: u32 = 10;

/// A limit of requests per second, with a burst of two seconds' worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    per_second: NonZeroU32,
}

impl Rate {
    /// A rate in requests per second; `None` for 0, which is no limit.
    pub fn new(per_second: u32) -> Option<Self> {
        let per_second = NonZeroU32::new(per_second)?;
        Some(Rate { per_second })
    }

    /// Time between two requests at this rate.
    pub fn interval(self) -> Duration {
        Duration::from_secs(1) / self.per_second.get()
    }

    /// How far ahead of its rate a key may be.
    pub fn burst(self) -> Duration {
        BURST
    }

    /// Number of requests that a collector draws at once when several count together.
    pub fn share(self) -> u32 {
        (self.per_second.get() / SHARES_PER_SECOND).max(1)
    }

    /// How far ahead of its rate a key may be when collectors draw requests: a burst, plus
    /// the unused requests that other collectors may hold.
    pub fn drawn_burst(self) -> Duration {
        self.burst() + self.interval() * (self.share() - 1) * OTHERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_key_is_drawn_for_one_by_one_and_a_fast_one_a_hundred_times_a_second() {
        let shares = [1, 99, 250, 10_000].map(|per_second| Rate::new(per_second).unwrap().share());
        assert_eq!(shares, [1, 1, 2, 100]);
        assert_eq!(Rate::new(0), None);
    }

    #[test]
    fn what_other_collectors_hold_is_granted_beyond_the_burst() {
        let burst = |per_second| Rate::new(per_second).unwrap().drawn_burst();
        assert_eq!(burst(50), BURST);
        assert_eq!(burst(1000), BURST + Duration::from_millis(90));
    }
}
