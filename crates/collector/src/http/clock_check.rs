//! Notices that the clock of this machine is behind.
//!
//! With such a clock, every event of a browser would lie in the future and be rejected, and
//! trackers do not send a rejected event again. So batches are refused as a whole, with 503,
//! until the clock is right.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::http::error::ApiError;

/// The clock may be set back by up to this many ms: time services correct it in small steps,
/// which cause no rejections.
const TOLERANCE_MS: i64 = 60_000;

/// The beginning of 2025, in ms since the Unix epoch. This program is younger. A machine without a
/// battery for its clock starts in 1970, or when its system was built.
const EARLIEST_MS: i64 = 1_735_689_600_000;

/// Compares the clock with the latest time that it has shown before.
#[derive(Debug)]
pub struct ClockCheck {
    /// The latest known time, in ms since the Unix epoch.
    latest: AtomicI64,
    is_trusted: bool,
}

impl ClockCheck {
    /// `latest` is the latest time by the clock that the store knows, in ms since the Unix epoch. A
    /// trusted clock is never refused.
    pub fn new(latest: Option<i64>, is_trusted: bool) -> Self {
        ClockCheck {
            latest: AtomicI64::new(latest.unwrap_or(EARLIEST_MS).max(EARLIEST_MS)),
            is_trusted,
        }
    }

    /// Records that events arrived, or a key was created, at a time in ms since the Unix epoch.
    pub fn record(&self, at: i64) {
        self.latest.fetch_max(at, Ordering::Relaxed);
    }

    /// Checks the clock, which reads `now`.
    ///
    /// # Errors
    /// 503 when it is more than a minute behind the latest known time.
    pub fn check(&self, now: i64) -> Result<(), ApiError> {
        let latest = self.latest.load(Ordering::Relaxed);
        if self.is_trusted || now >= latest.saturating_sub(TOLERANCE_MS) {
            Ok(())
        } else {
            Err(ApiError::ClockBehind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn a_clock_may_be_set_back_by_a_minute_and_no_more() {
        let check = ClockCheck::new(None, false);
        check.record(NOW);
        check.record(NOW - 50_000);
        assert!(check.check(NOW - 60_000).is_ok());
        assert!(matches!(
            check.check(NOW - 60_001),
            Err(ApiError::ClockBehind)
        ));
        assert!(check.check(NOW + 1).is_ok(), "it is right again");
    }

    #[test]
    fn a_clock_that_begins_in_1970_is_refused_before_anything_is_stored() {
        for latest in [None, Some(0)] {
            let check = ClockCheck::new(latest, false);
            assert!(check.check(0).is_err());
            assert!(check.check(NOW).is_ok());
        }
    }

    #[test]
    fn a_trusted_clock_is_taken_as_it_is() {
        let check = ClockCheck::new(Some(NOW), true);
        assert!(check.check(0).is_ok());
    }
}
