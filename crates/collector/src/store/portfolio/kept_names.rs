//! How long names are offered that were read a while ago.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::Names;

/// How long an answer is kept at least, and, if nothing was new since, at most.
const KEPT: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));

/// What of a store tells whether it has other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Version {
    /// The number of what is newest.
    pub(in crate::store) newest: i64,
    /// Number of erasures so far.
    pub(in crate::store) erasures: i64,
}

/// Names as they were at some time.
#[derive(Debug)]
pub(in crate::store) struct KeptNames {
    names: Arc<Names>,
    version: Version,
    since: Instant,
}

impl KeptNames {
    /// Names that were read at a time.
    pub(in crate::store) fn new(names: Names, version: Version, since: Instant) -> Self {
        KeptNames {
            names: Arc::new(names),
            version,
            since,
        }
    }

    /// The names, however old.
    pub(in crate::store) fn all(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }

    /// The names, unless they are to be read again. `version` is that of the store `now`.
    /// What was erased since may have been the only one with a name, which is not to be
    /// offered a moment longer.
    pub(in crate::store) fn names(&self, version: Version, now: Instant) -> Option<Arc<Names>> {
        if self.version.erasures != version.erasures {
            return None;
        }
        let limit = if self.version == version {
            KEPT.1
        } else {
            KEPT.0
        };
        let is_fresh = now.duration_since(self.since) < limit && !self.names.products.is_empty();
        is_fresh.then(|| self.all())
    }
}
