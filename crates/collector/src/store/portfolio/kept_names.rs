//! How long names are offered that were read a while ago.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::Names;

/// How long an answer is kept at least, and, if nothing was new since, at most.
const KEPT: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(3600));

/// Names as they were at some time.
#[derive(Debug)]
pub(in crate::store) struct KeptNames {
    names: Arc<Names>,
    /// The number of what was newest then.
    newest: i64,
    since: Instant,
}

impl KeptNames {
    /// Names that were read at a time.
    pub(in crate::store) fn new(names: Names, newest: i64, since: Instant) -> Self {
        KeptNames {
            names: Arc::new(names),
            newest,
            since,
        }
    }

    /// The names, however old.
    pub(in crate::store) fn all(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }

    /// The names, unless they are to be read again. `newest` is the number of what is
    /// newest `now`.
    pub(in crate::store) fn names(&self, newest: i64, now: Instant) -> Option<Arc<Names>> {
        let limit = if self.newest == newest {
            KEPT.1
        } else {
            KEPT.0
        };
        let is_fresh = now.duration_since(self.since) < limit && !self.names.products.is_empty();
        is_fresh.then(|| self.all())
    }
}
