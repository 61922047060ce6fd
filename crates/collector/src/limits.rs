//! Bounds that keep one client, or all of them together, from using up the
//! machine. What is over a bound is told to come back; nothing is piled up.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::ApiError;

/// Bytes of event bodies that may be in memory at a time. Read, an event takes
/// about four times its text.
const BODY_BYTES: usize = 64 * 1024 * 1024;

/// Bodies that are unpacked and read at a time, for each core.
const READERS_PER_CORE: usize = 2;

/// What may be in memory at a time.
#[derive(Debug)]
pub struct Admission {
    bytes: Arc<Semaphore>,
    /// Unpacking and reading; waiting here is short and bounded by `bytes`.
    pub readers: Arc<Semaphore>,
}

impl Default for Admission {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Admission {
            bytes: Arc::new(Semaphore::new(BODY_BYTES)),
            readers: Arc::new(Semaphore::new(READERS_PER_CORE * cores)),
        }
    }
}

impl Admission {
    /// Takes room for so many bytes, until the permit is dropped.
    ///
    /// # Errors
    /// 429 where there is none.
    pub fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, ApiError> {
        let bytes = u32::try_from(bytes.min(BODY_BYTES)).unwrap_or(u32::MAX);
        Arc::clone(&self.bytes)
            .try_acquire_many_owned(bytes)
            .map_err(|_| ApiError::Overloaded)
    }
}

/// Requests a second for each key, by the generic cell rate algorithm: one time
/// for each key says when it would have used up all it was given.
#[derive(Debug)]
pub struct RateLimit<K> {
    /// Time that one request uses up; zero for no limit.
    each: Duration,
    /// How far a key may be ahead: two seconds' worth at once.
    ahead: Duration,
    used_up: Mutex<HashMap<K, Instant>>,
}

const BURST: Duration = Duration::from_secs(2);

impl<K: Eq + Hash> RateLimit<K> {
    /// A limit of so many requests a second; 0 for none.
    pub fn new(per_second: u32) -> Self {
        RateLimit {
            each: Duration::from_secs(1)
                .checked_div(per_second)
                .unwrap_or_default(),
            ahead: BURST,
            used_up: Mutex::default(),
        }
    }

    /// Counts a request of `key` at `now`. Keys must be ones that exist, so
    /// that there are few of them.
    ///
    /// # Errors
    /// 429 where the key has used up what it was given.
    pub fn count(&self, key: K, now: Instant) -> Result<(), ApiError> {
        if self.each.is_zero() {
            return Ok(());
        }
        let mut used_up = self.used_up.lock().unwrap_or_else(PoisonError::into_inner);
        let until = used_up.entry(key).or_insert(now);
        let next = (*until).max(now) + self.each;
        if next.duration_since(now) > self.ahead {
            return Err(ApiError::RateLimited);
        }
        *until = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gets_its_rate_and_two_seconds_of_it_at_once() {
        let limit = RateLimit::new(10);
        let start = Instant::now();
        let given = |at_ms: u64| {
            let now = start + Duration::from_millis(at_ms);
            (0..100).filter(|_| limit.count("a", now).is_ok()).count()
        };
        assert_eq!(given(0), 20);
        assert_eq!(given(500), 5);
        assert_eq!(given(500), 0);
        assert_eq!(given(10_000), 20);
        assert!(limit.count("b", start).is_ok(), "others are not held up");
    }

    #[test]
    fn without_a_rate_there_is_no_limit() {
        let limit = RateLimit::new(0);
        let now = Instant::now();
        assert!((0..1000).all(|_| limit.count((), now).is_ok()));
    }

    #[test]
    fn what_does_not_fit_is_told_to_come_back() {
        let admission = Admission::default();
        let most = admission.room(BODY_BYTES - 10).unwrap();
        assert!(admission.room(11).is_err());
        drop(most);
        assert!(admission.room(11).is_ok());
    }
}
