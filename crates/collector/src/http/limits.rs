//! Limits that keep one client, or all of them together, from using up the machine. A request
//! over a limit is refused at once; none is queued. Only bytes that have arrived count, not
//! the declared length of a body.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, Semaphore};

use crate::{
    http::error::ApiError,
    model::{keys::SourceId, rate::Rate},
};

/// Bytes of event bodies that may be in memory at the same time. A parsed event takes about
/// four times the memory of its text.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// The part of these bytes that the bodies of one source may take. The keys of a source are
/// public, so one source must not be able to lock out the others.
const MAX_SOURCE_BYTES: usize = MAX_BODY_BYTES / 4;

/// A body that has received nothing for this long is cancelled when there is no room for
/// others. On a slow line, packets arrive several times a second.
const STALLED: Duration = Duration::from_secs(1);

/// Bodies that are decompressed and parsed at the same time, per core.
const PARSERS_PER_CORE: usize = 2;

/// Limits the memory of event bodies, and the threads that parse them.
#[derive(Debug)]
pub struct Admission {
    bodies: Arc<Mutex<Bodies>>,
    /// Permits for decompressing and parsing. Few requests wait for one, because each of them
    /// already holds room for its bytes.
    pub parsers: Arc<Semaphore>,
}

impl Default for Admission {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Admission {
            bodies: Arc::default(),
            parsers: Arc::new(Semaphore::new(PARSERS_PER_CORE * cores)),
        }
    }
}

impl Admission {
    /// Room for the body of a request. It starts empty and grows with the bytes that arrive,
    /// so a large declared length costs nothing.
    pub fn room(&self, source: SourceId) -> Room {
        let mut bodies = lock(&self.bodies);
        let number = bodies.next;
        bodies.next += 1;
        Room {
            bodies: Arc::clone(&self.bodies),
            number,
            source,
            bytes: 0,
            cancellation: Arc::default(),
        }
    }
}

/// The bodies that are in memory.
#[derive(Debug, Default)]
struct Bodies {
    next: u64,
    bytes: usize,
    bytes_of_source: HashMap<SourceId, usize>,
    /// The bodies that have not arrived completely.
    receiving: HashMap<u64, Receiving>,
}

/// A body that has not arrived completely.
#[derive(Debug)]
struct Receiving {
    source: SourceId,
    grown_at: Instant,
    cancellation: Arc<Notify>,
}

impl Bodies {
    /// Whether there is room for this many more bytes.
    fn has_room(&self, source: SourceId, bytes: usize) -> bool {
        let of_source = self.bytes_of_source.get(&source).copied().unwrap_or(0);
        MAX_SOURCE_BYTES - of_source >= bytes && MAX_BODY_BYTES - self.bytes >= bytes
    }

    /// Cancels stalled bodies: those of the source if it has used up its share, otherwise
    /// those of every source.
    fn drop_stalled(&mut self, source: SourceId, bytes: usize, now: Instant) {
        let of_source = self.bytes_of_source.get(&source).copied().unwrap_or(0);
        let is_share_full = MAX_SOURCE_BYTES - of_source < bytes;
        self.receiving.retain(|_, body| {
            let is_stalled = now.duration_since(body.grown_at) >= STALLED;
            let is_cancelled = is_stalled && (!is_share_full || body.source == source);
            if is_cancelled {
                body.cancellation.notify_one();
            }
            !is_cancelled
        });
    }
}

/// The room that one body takes. Released on drop.
#[derive(Debug)]
pub struct Room {
    bodies: Arc<Mutex<Bodies>>,
    number: u64,
    source: SourceId,
    bytes: usize,
    cancellation: Arc<Notify>,
}

impl Room {
    /// Takes room for bytes that have arrived at `now` or were decompressed.
    ///
    /// # Errors
    /// 429 when not enough room is free. Stalled bodies are then cancelled, so that the
    /// client finds room when it retries.
    pub fn grow(&mut self, bytes: usize, now: Instant) -> Result<(), ApiError> {
        let mut bodies = lock(&self.bodies);
        if !bodies.has_room(self.source, bytes) {
            bodies.drop_stalled(self.source, bytes, now);
            return Err(ApiError::Overloaded);
        }
        bodies.bytes += bytes;
        *bodies.bytes_of_source.entry(self.source).or_default() += bytes;
        self.bytes += bytes;
        bodies.receiving.insert(
            self.number,
            Receiving {
                source: self.source,
                grown_at: now,
                cancellation: Arc::clone(&self.cancellation),
            },
        );
        Ok(())
    }

    /// Records that the whole body has arrived, so that it is no longer cancelled for others.
    pub fn complete(&self) {
        lock(&self.bodies).receiving.remove(&self.number);
    }

    /// Completes when the body must be cancelled to make room for others.
    pub async fn cancelled(&self) {
        self.cancellation.notified().await;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut bodies = lock(&self.bodies);
        bodies.receiving.remove(&self.number);
        bodies.bytes -= self.bytes;
        let of_source = bodies.bytes_of_source.entry(self.source).or_default();
        *of_source -= self.bytes;
        if *of_source == 0 {
            bodies.bytes_of_source.remove(&self.source);
        }
    }
}

fn lock(bodies: &Mutex<Bodies>) -> MutexGuard<'_, Bodies> {
    bodies.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Limits the requests per second of each key by the generic cell rate algorithm. For each
/// key it stores the time at which all requests so far would have been made at the allowed
/// rate.
#[derive(Debug)]
pub struct RateLimit<K> {
    /// `None` for no limit.
    rate: Option<Rate>,
    allowed_until: Mutex<HashMap<K, Instant>>,
}

impl<K: Eq + Hash> RateLimit<K> {
    /// A limit in requests per second; 0 for no limit.
    pub fn new(per_second: u32) -> Self {
        RateLimit {
            rate: Rate::new(per_second),
            allowed_until: Mutex::default(),
        }
    }

    /// Counts a request of `key` at `now`. Callers pass only keys that exist, which bounds
    /// the number of stored keys.
    ///
    /// # Errors
    /// 429 when the key exceeds its rate.
    pub fn count(&self, key: K, now: Instant) -> Result<(), ApiError> {
        let Some(rate) = self.rate else {
            return Ok(());
        };
        let mut allowed_until = self
            .allowed_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let until = allowed_until.entry(key).or_insert(now);
        let next = (*until).max(now) + rate.interval();
        if next.duration_since(now) > rate.burst() {
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
        let allowed = |at_ms: u64| {
            let now = start + Duration::from_millis(at_ms);
            (0..100).filter(|_| limit.count("a", now).is_ok()).count()
        };
        assert_eq!(allowed(0), 20);
        assert_eq!(allowed(500), 5);
        assert_eq!(allowed(500), 0);
        assert_eq!(allowed(10_000), 20);
        assert!(
            limit.count("b", start).is_ok(),
            "other keys are not affected"
        );
    }

    #[test]
    fn without_a_rate_there_is_no_limit() {
        let limit = RateLimit::new(0);
        let now = Instant::now();
        assert!((0..1000).all(|_| limit.count((), now).is_ok()));
    }

    fn source(number: i64) -> SourceId {
        SourceId::from_number(number).unwrap()
    }

    #[test]
    fn a_source_has_a_quarter_of_the_room_and_others_have_theirs() {
        let admission = Admission::default();
        let now = Instant::now();
        let mut first = admission.room(source(1));
        first.grow(MAX_SOURCE_BYTES - 10, now).unwrap();
        let mut more = admission.room(source(1));
        assert!(more.grow(11, now).is_err());
        assert!(more.grow(10, now).is_ok());
        let mut others: Vec<_> = (2..5).map(|other| admission.room(source(other))).collect();
        for other in &mut others {
            other.grow(MAX_SOURCE_BYTES, now).unwrap();
        }
        let mut fifth = admission.room(source(5));
        assert!(fifth.grow(1, now).is_err(), "all of the room is taken");
        drop(first);
        assert!(fifth.grow(MAX_SOURCE_BYTES - 10, now).is_ok());
        drop((more, others, fifth));
        let bodies = lock(&admission.bodies);
        assert_eq!((bodies.bytes, bodies.bytes_of_source.len()), (0, 0));
        assert!(bodies.receiving.is_empty());
    }

    #[tokio::test]
    async fn a_body_that_stalled_gives_way_and_one_that_has_arrived_does_not() {
        let is_cancelled = async |room: &Room| {
            let cancelled = tokio::time::timeout(Duration::ZERO, room.cancelled());
            cancelled.await.is_ok()
        };
        let admission = Admission::default();
        let start = Instant::now();
        let share = MAX_SOURCE_BYTES / 4;
        let mut stalled = admission.room(source(1));
        stalled.grow(share, start).unwrap();
        let mut arrived = admission.room(source(1));
        arrived.grow(share, start).unwrap();
        arrived.complete();
        let mut of_other = admission.room(source(2));
        of_other.grow(share, start).unwrap();
        let later = start + STALLED;
        let mut fresh = admission.room(source(1));
        fresh.grow(share, later).unwrap();
        assert!(admission.room(source(1)).grow(share + 1, later).is_err());
        assert!(is_cancelled(&stalled).await);
        for room in [&arrived, &of_other, &fresh] {
            assert!(!is_cancelled(room).await);
        }
        drop(stalled);
        assert!(admission.room(source(1)).grow(share + 1, later).is_ok());
    }
}
