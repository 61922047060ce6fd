//! Notices that the clock of this machine is behind events that have already arrived.
//!
//! With such a clock, every event of a browser would lie in the future and be rejected, and
//! trackers do not send a rejected event again. So batches are refused as a whole, with 503,
//! until the clock is right.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::http::error::ApiError;

/// The clock may be set back by up to this many ms: time services correct it in small steps,
/// which cause no rejections.
const TOLERANCE_MS: i64 = 60_000;

/// Compares the clock with the arrival of the newest event.
#[derive(Debug)]
pub struct ClockCheck {
    /// When the newest event arrived, in ms since the Unix epoch.
    newest: AtomicI64,
    is_trusted: bool,
}

impl ClockCheck {
    /// `newest` is when the newest stored event arrived, in ms since the Unix
    /// epoch. A trusted clock is never refused.
    pub fn new(newest: Option<i64>, is_trusted: bool) -> Self {
        ClockCheck {
            newest: AtomicI64::new(newest.unwrap_or(i64::MIN)),
            is_trusted,
        }
    }

    /// Records that events arrived at `now`.
    pub fn received(&self, now: i64) {
        self.newest.fetch_max(now, Ordering::Relaxed);
    }

    /// Checks the clock, which reads `now`.
    ///
    /// # Errors
    /// 503 when it is more than a minute behind the newest event.
    pub fn check(&self, now: i64) -> Result<(), ApiError> {
        let newest = self.newest.load(Ordering::Relaxed);
        if self.is_trusted || now >= newest.saturating_sub(TOLERANCE_MS) {
            Ok(())
        } else {
            Err(ApiError::ClockBehind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn a_clock_may_be_set_back_by_a_minute_and_no_more() {
        let check = ClockCheck::new(None, false);
        assert!(check.check(0).is_ok(), "nothing was received yet");
        check.received(NOW);
        check.received(NOW - 50_000);
        assert!(check.check(NOW - 60_000).is_ok());
        assert!(matches!(
            check.check(NOW - 60_001),
            Err(ApiError::ClockBehind)
        ));
        assert!(check.check(NOW + 1).is_ok(), "it is right again");
    }

    #[test]
    fn a_trusted_clock_is_taken_as_it_is() {
        let check = ClockCheck::new(Some(NOW), true);
        assert!(check.check(0).is_ok());
    }
}
