//! Measures how fast batches arrive.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Number of batches within [`SPAN`] from which on the writer first stores them in the inbox and
/// spreads them later. Fewer can be spread one by one: each takes a few ms at most.
const MANY: usize = 32;
/// The time within which they arrive.
const SPAN: Duration = Duration::from_millis(500);

/// The arrival times of the latest batches.
#[derive(Debug, Default)]
pub(super) struct Pace {
    latest: VecDeque<Instant>,
}

impl Pace {
    /// Records a batch. Returns whether many batches have arrived in quick succession.
    pub(super) fn is_high(&mut self, now: Instant) -> bool {
        self.latest.push_back(now);
        if self.latest.len() <= MANY {
            return false;
        }
        let earlier = self.latest.pop_front();
        earlier.is_some_and(|earlier| now.duration_since(earlier) <= SPAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_high_once_many_batches_arrived_in_a_short_time() {
        let mut pace = Pace::default();
        let start = Instant::now();
        let high = |pace: &mut Pace, no: u32, apart: Duration| pace.is_high(start + no * apart);
        for no in 0..MANY as u32 {
            assert!(!high(&mut pace, no, Duration::from_millis(1)));
        }
        assert!(high(&mut pace, MANY as u32, Duration::from_millis(1)));
        let mut pace = Pace::default();
        for no in 0..200 {
            assert!(!high(&mut pace, no, Duration::from_millis(20)));
        }
    }
}
