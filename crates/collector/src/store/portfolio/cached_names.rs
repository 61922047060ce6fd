//! A cache of the product, module and feature names that filters offer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::Names;

/// How long names are cached: at least, and, when nothing new has arrived, at most.
const CACHE_TIMES: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));

/// The state of a store by which changed names are detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Version {
    /// The number of the newest event or name.
    pub(in crate::store) newest: i64,
    /// Number of erasures so far.
    pub(in crate::store) erasures: i64,
}

/// Names as of a point in time.
#[derive(Debug)]
pub(in crate::store) struct CachedNames {
    names: Arc<Names>,
    version: Version,
    since: Instant,
}

impl CachedNames {
    /// Caches names that were read at `since`.
    pub(in crate::store) fn new(names: Names, version: Version, since: Instant) -> Self {
        CachedNames {
            names: Arc::new(names),
            version,
            since,
        }
    }

    /// The names, whatever their age.
    pub(in crate::store) fn all(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }

    /// The names, or `None` when they must be read again. `version` is the state of the store at
    /// `now`. After an erasure they are read again at once: the erased data may have been the only
    /// one with a name, which must not be offered any longer.
    pub(in crate::store) fn names(&self, version: Version, now: Instant) -> Option<Arc<Names>> {
        if self.version.erasures != version.erasures {
            return None;
        }
        let limit = if self.version == version {
            CACHE_TIMES.1
        } else {
            CACHE_TIMES.0
        };
        let is_fresh = now.duration_since(self.since) < limit && !self.names.products.is_empty();
        is_fresh.then(|| self.all())
    }
}
