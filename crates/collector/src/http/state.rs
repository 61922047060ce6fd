//! The state that every handler shares.

use std::{ops::Deref, path::Path, sync::Arc};

use tokio::sync::Notify;

use crate::store::scaled::ScaledStore;
use crate::{
    clock::now_ms,
    config::{ChoiceError, Config, StoreChoice},
    http::{
        clock_check::ClockCheck,
        error::ApiError,
        limits::{Admission, RateLimit},
        request_rate::RequestRate,
    },
    metrics::Metrics,
    store::{
        Store, StoreError,
        known_times::KnownTimes,
        rates::RateSubject,
        sqlite::{Options, SqliteStore},
    },
};

/// `/readyz` needs no key, and each probe briefly occupies the writer.
const PROBES_PER_SECOND: u32 = 10;

/// The state of a running collector. A clone refers to the same state and only increments a
/// reference count: each layer of the router makes one for each request.
#[derive(Debug, Clone)]
pub struct App(Arc<Parts>);

/// The parts of the state of a running collector.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The open database.
    pub store: Arc<dyn Store>,
    /// Settings of this run.
    pub config: Arc<Config>,
    /// Counters and histograms of this run.
    pub metrics: Arc<Metrics>,
    /// Refuses batches while the clock is wrong.
    pub clock: Arc<ClockCheck>,
    /// Limits the memory that event bodies take.
    pub admission: Arc<Admission>,
    /// Limits how often readiness is probed with an insert.
    pub probe_rate: Arc<RateLimit<()>>,
    /// Limits the requests of each source and of each key.
    pub request_rate: Arc<RequestRate>,
    /// Wakes the task that sends messages about alerts.
    pub alerts_waiting: Arc<Notify>,
}

/// Why no store could be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The settings choose no store.
    #[error("{0}")]
    Choice(#[from] ChoiceError),
    /// The chosen store cannot be opened.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl App {
    /// Opens the store that the settings choose, and starts its background work.
    ///
    /// # Errors
    /// When the settings choose none, or it cannot be opened.
    pub async fn open(config: Config) -> Result<Self, OpenError> {
        match config.database.choice()? {
            StoreChoice::Sqlite(file) => Ok(App::open_file(config, &file)?),
            StoreChoice::Scaled(address) => {
                let metrics = Arc::<Metrics>::default();
                let (postgres, nodes) = (&address.postgres, &address.clickhouse);
                let mut store = ScaledStore::open(postgres, nodes, Arc::clone(&metrics)).await?;
                if let Some(most) = config.max_db_bytes {
                    store = store.bounded(most).await?;
                }
                if config.trust_clock {
                    store.correct_key_times(now_ms()).await?;
                }
                let known = store.known_times().await?;
                Ok(App::new(config, Arc::new(store), known, metrics))
            }
        }
    }

    fn open_file(config: Config, file: &Path) -> Result<Self, StoreError> {
        let metrics = Arc::<Metrics>::default();
        let options = Options {
            max_bytes: config.max_db_bytes,
            right_time: config.trust_clock.then(now_ms),
            metrics: Arc::clone(&metrics),
        };
        let store = SqliteStore::open(file, options)?;
        // A damaged file is served as far as it can be read; `/readyz` reports the damage.
        let known = store.known_times().unwrap_or_default();
        Ok(App::new(config, Arc::new(store), known, metrics))
    }

    /// The state on an open store that reports to `metrics`. `known` has the latest times by
    /// the clock that the store knows.
    pub fn new(
        config: Config,
        store: Arc<dyn Store>,
        known: KnownTimes,
        metrics: Arc<Metrics>,
    ) -> Self {
        App(Arc::new(Parts {
            clock: Arc::new(ClockCheck::new(known, config.trust_clock)),
            probe_rate: Arc::new(RateLimit::new(PROBES_PER_SECOND)),
            store,
            metrics,
            admission: Arc::default(),
            request_rate: Arc::new(RequestRate::new(config.rate_limit)),
            alerts_waiting: Arc::default(),
            config: Arc::new(config),
        }))
    }

    /// The same state with another open store.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Store>) -> Self {
        App(Arc::new(Parts {
            store,
            ..Parts::clone(self)
        }))
    }

    /// Counts a request of a source or key, which must exist.
    ///
    /// # Errors
    /// 429 when it exceeds its rate, and errors of the store.
    pub async fn count_request(&self, of: RateSubject) -> Result<(), ApiError> {
        self.request_rate.count(&*self.store, of).await
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
