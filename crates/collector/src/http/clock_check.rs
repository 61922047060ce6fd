//! Notices that the clock of this machine is behind.
//!
//! With such a clock, every event of a browser would lie in the future and be rejected, and
//! trackers do not send a rejected event again. So batches are refused as a whole, with 503,
//! until the clock is right.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::{http::error::ApiError, store::known_times::KnownTimes};

/// The clock may be set back by up to this many ms: time services correct it in small steps,
/// which cause no rejections.
const TOLERANCE_MS: i64 = 60_000;

/// The beginning of 2025, in ms since the Unix epoch. This program is younger. A machine without a
/// battery for its clock starts in 1970, or when its system was built.
const EARLIEST_MS: i64 = 1_735_689_600_000;

/// Compares the clock with the latest times that it has shown before.
///
/// A clock that stands before the newest event or erasure is wrong: what arrives would be ordered
/// before what is stored. A clock that stands before the newest key may be right, because only one
/// person's command ran while the clock was ahead. It is then compared with the clocks of the
/// clients. A batch is refused if one of its events would be rejected as made in the future.
#[derive(Debug)]
pub struct ClockCheck {
    /// The latest known time of an event or an erasure, in ms since the Unix epoch.
    data: AtomicI64,
    /// The latest known time at which a key was created.
    key: AtomicI64,
    is_trusted: bool,
}

impl ClockCheck {
    /// `known` has the latest times by the clock that the store knows. A trusted clock is never
    /// refused.
    pub fn new(known: KnownTimes, is_trusted: bool) -> Self {
        ClockCheck {
            data: AtomicI64::new(known.data.unwrap_or(EARLIEST_MS).max(EARLIEST_MS)),
            key: AtomicI64::new(known.key.unwrap_or(EARLIEST_MS)),
            is_trusted,
        }
    }

    /// Records that events arrived at a time in ms since the Unix epoch.
    pub fn record_arrival(&self, at: i64) {
        self.data.fetch_max(at, Ordering::Relaxed);
    }

    /// Records that a key was created at a time in ms since the Unix epoch.
    pub fn record_key(&self, at: i64) {
        self.key.fetch_max(at, Ordering::Relaxed);
    }

    /// Checks the clock, which reads `now`.
    ///
    /// # Errors
    /// 503 when it is more than a minute behind the latest known event or erasure.
    pub fn check(&self, now: i64) -> Result<(), ApiError> {
        self.compare(now, &self.data)
    }

    /// Checks the clock, which reads `now`, when nothing confirms that it is right.
    ///
    /// # Errors
    /// 503 when it is more than a minute behind the latest known event, erasure or key.
    pub fn check_unconfirmed(&self, now: i64) -> Result<(), ApiError> {
        self.check(now)?;
        self.compare(now, &self.key)
    }

    fn compare(&self, now: i64, latest: &AtomicI64) -> Result<(), ApiError> {
        let latest = latest.load(Ordering::Relaxed);
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

    fn known(data: Option<i64>, key: Option<i64>) -> KnownTimes {
        KnownTimes { data, key }
    }

    #[test]
    fn a_clock_may_be_set_back_by_a_minute_and_no_more() {
        let check = ClockCheck::new(known(None, None), false);
        check.record_arrival(NOW);
        check.record_arrival(NOW - 50_000);
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
            let check = ClockCheck::new(known(latest, latest), false);
            assert!(check.check(0).is_err());
            assert!(check.check_unconfirmed(NOW).is_ok());
        }
    }

    #[test]
    fn a_clock_before_the_newest_key_needs_to_be_confirmed() {
        let check = ClockCheck::new(known(Some(NOW), Some(NOW)), false);
        check.record_key(NOW + 3_600_000);
        assert!(check.check(NOW).is_ok());
        assert!(check.check_unconfirmed(NOW).is_err());
        assert!(check.check_unconfirmed(NOW + 3_600_000).is_ok());
    }

    #[test]
    fn a_trusted_clock_is_taken_as_it_is() {
        let check = ClockCheck::new(known(Some(NOW), Some(NOW)), true);
        assert!(check.check_unconfirmed(0).is_ok());
    }
}
