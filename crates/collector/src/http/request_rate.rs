//! Limits the requests per second of each key: locally when only this collector uses the
//! store, otherwise together with the other collectors.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::sync::Mutex as AsyncMutex;

use crate::{
    http::{error::ApiError, limits::RateLimit},
    model::rate::Rate,
    store::{
        Store,
        rates::{RateGrant, RateSubject, SharedRates},
    },
};

/// Limits the requests of each key.
#[derive(Debug)]
pub struct RequestRate {
    /// `None` for no limit.
    rate: Option<Rate>,
    alone: RateLimit<RateSubject>,
    leases: Leases,
}

impl RequestRate {
    /// A limit in requests per second; 0 for no limit.
    pub fn new(per_second: u32) -> Self {
        RequestRate {
            rate: Rate::new(per_second),
            alone: RateLimit::new(per_second),
            leases: Leases::default(),
        }
    }

    /// Counts a request of a key. The key must exist, which bounds the number of stored keys.
    ///
    /// # Errors
    /// 429 when the key exceeds its rate, and errors of the store.
    pub async fn count(&self, store: &dyn Store, of: RateSubject) -> Result<(), ApiError> {
        let Some(rate) = self.rate else {
            return Ok(());
        };
        match store.shared_rates() {
            None => self.count_alone(of, Instant::now()),
            Some(shared) => self.leases.take(shared, of, rate).await,
        }
    }

    /// Counts a request at `now` that no other collector counts.
    ///
    /// # Errors
    /// 429 when the key exceeds its rate.
    pub fn count_alone(&self, of: RateSubject, now: Instant) -> Result<(), ApiError> {
        self.alone.count(of, now)
    }
}

/// The requests that were drawn from the shared budget for each key and are not used yet.
#[derive(Debug, Default)]
struct Leases {
    of_keys: Mutex<HashMap<RateSubject, Arc<AsyncMutex<Lease>>>>,
}

/// The requests that were drawn for one key.
#[derive(Debug, Default)]
struct Lease {
    /// Number of requests that may still be accepted. They do not expire: a key may never
    /// make fewer requests than a single collector would allow, and more only by the number
    /// of drawn ones.
    left: u32,
    /// The budget is empty until this time.
    exhausted_until: Option<Instant>,
}

impl Leases {
    /// Uses one of the drawn requests, and draws more when none is left. Other requests of
    /// the key wait for that.
    async fn take(
        &self,
        shared: &dyn SharedRates,
        of: RateSubject,
        rate: Rate,
    ) -> Result<(), ApiError> {
        let lease = {
            let mut of_keys = self.of_keys.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(of_keys.entry(of).or_default())
        };
        let mut lease = lease.lock().await;
        if lease.left == 0 {
            if lease
                .exhausted_until
                .is_some_and(|until| Instant::now() < until)
            {
                return Err(ApiError::RateLimited);
            }
            match shared.draw(of, rate).await? {
                RateGrant::Granted(granted) => lease.left = granted,
                RateGrant::Exhausted(time) => {
                    lease.exhausted_until = Some(Instant::now() + time);
                    return Err(ApiError::RateLimited);
                }
            }
        }
        lease.left -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::ready,
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use super::*;
    use crate::{model::keys::SourceId, store::Answer};

    /// Grants full shares until the budget is used up.
    struct Budget {
        left: AtomicU32,
        draws: AtomicU32,
    }

    impl SharedRates for Budget {
        fn draw(&self, _: RateSubject, rate: Rate) -> Answer<'_, RateGrant> {
            self.draws.fetch_add(1, Ordering::Relaxed);
            let left = self.left.load(Ordering::Relaxed);
            let granted = left.min(rate.share());
            self.left.store(left - granted, Ordering::Relaxed);
            Box::pin(ready(Ok(match granted {
                0 => RateGrant::Exhausted(Duration::from_secs(3600)),
                granted => RateGrant::Granted(granted),
            })))
        }
    }

    #[tokio::test]
    async fn a_share_is_drawn_when_the_one_before_is_used_up_and_none_after_a_refusal() {
        let budget = Budget {
            left: AtomicU32::new(25),
            draws: AtomicU32::default(),
        };
        let rate = Rate::new(1000).unwrap();
        let source = RateSubject::Source(SourceId::from_number(1).unwrap());
        let leases = [Leases::default(), Leases::default()];
        let mut allowed = 0;
        for at in 0..100 {
            allowed += u32::from(leases[at % 2].take(&budget, source, rate).await.is_ok());
        }
        assert_eq!(allowed, 25, "both together get what there is");
        // Three draws are granted and two refused.
        assert_eq!(budget.draws.load(Ordering::Relaxed), 5);
    }
}
