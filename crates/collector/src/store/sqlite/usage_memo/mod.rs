//! Caches computed usage as long as computing it again would give the same result.
//!
//! An account with ten thousand descendants has the facts of all of them, and no page can read ten
//! million facts instantly. But pages are often opened for a period that is over, while newly
//! arriving events belong to today.

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::{account_report::ReportQuery, rows::AccountRow, usage_changes::Version};
use crate::{
    model::usage::{Filter, Span},
    store::account_report::AccountReport,
};

/// Maximum number of cached reports: those of a dozen accounts for a few periods. A report takes
/// some 200 bytes for each feature and bar.
const MOST_REPORTS: usize = 64;

/// Maximum number of cached figures, of the accounts that people view and their parents.
const MOST_USES: usize = 256;

/// Caches for queries that the pages of accounts repeat.
#[derive(Debug)]
pub(super) struct UsageMemo {
    pub(super) reports: Memo<ReportQuery, AccountReport>,
    /// The feature uses of an account and its subtree.
    pub(super) uses: Memo<(AccountRow, Span, Filter), f64>,
    /// The times of the first and the latest use of an account, alone or with its subtree.
    pub(super) first_and_last: Memo<(AccountRow, bool), Option<(i64, i64)>>,
}

impl Default for UsageMemo {
    fn default() -> Self {
        UsageMemo {
            reports: Memo::new(MOST_REPORTS),
            uses: Memo::new(MOST_USES),
            first_and_last: Memo::new(MOST_USES),
        }
    }
}

/// Cached answers, each with the version of the data from which it was computed.
///
/// **Invariant:** an answer is used only in a snapshot of the same version, so it is never older
/// than the rest of the page.
#[derive(Debug)]
pub(super) struct Memo<Q, A> {
    /// Ordered by last use, the most recently used last.
    cached: Mutex<Vec<CachedAnswer<Q, A>>>,
    most: usize,
}

#[derive(Debug)]
struct CachedAnswer<Q, A> {
    question: Q,
    version: Version,
    answer: A,
}

impl<Q: PartialEq, A: Clone> Memo<Q, A> {
    /// A cache for at most `most` answers.
    fn new(most: usize) -> Self {
        Memo {
            cached: Mutex::default(),
            most,
        }
    }

    /// Answers a question about what happened until the end of a span, from the cache or by
    /// `compute`. Two concurrent calls with the same question both compute the answer.
    pub(super) fn answer(
        &self,
        conn: &Connection,
        question: Q,
        span: Span,
        compute: impl FnOnce(&Q) -> rusqlite::Result<A>,
    ) -> rusqlite::Result<A> {
        let version = Version::of(conn, span)?;
        if let Some(answer) = self.find(&question, version) {
            return Ok(answer);
        }
        let answer = compute(&question)?;
        let mut cached = self.lock();
        cached.retain(|of| of.question != question);
        if cached.len() >= self.most {
            cached.remove(0);
        }
        cached.push(CachedAnswer {
            question,
            version,
            answer: answer.clone(),
        });
        Ok(answer)
    }

    fn find(&self, question: &Q, version: Version) -> Option<A> {
        let mut cached = self.lock();
        let at = cached
            .iter()
            .position(|of| of.version == version && of.question == *question)?;
        let found = cached.remove(at);
        let answer = found.answer.clone();
        cached.push(found);
        Some(answer)
    }

    /// Locks the cache, ignoring poison: its entries are always complete.
    fn lock(&self) -> MutexGuard<'_, Vec<CachedAnswer<Q, A>>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
