//! Keeps what was computed of usage as long as that is what would be computed again.
//!
//! An account above ten thousand others has all their facts, and no page can go through
//! ten million of them in a blink. But a page is opened many times for a period that is
//! over, and what arrives meanwhile is of today.

#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::{account_report::ReportQuery, rows::AccountRow, usage_changes::Version};
use crate::{
    model::usage::{Filter, Span},
    store::account_report::AccountReport,
};

/// Reports that are kept: those of a dozen accounts for a few periods. One has some 200
/// bytes for each feature and bar, as its page has.
const MOST_REPORTS: usize = 64;

/// Single figures that are kept, of the accounts that are looked at and those above them.
const MOST_USES: usize = 256;

/// What pages of accounts ask again and again.
#[derive(Debug)]
pub(super) struct UsageMemo {
    pub(super) reports: Memo<ReportQuery, AccountReport>,
    /// The feature uses of an account and what is below it.
    pub(super) uses: Memo<(AccountRow, Span, Filter), f64>,
    /// The times of the first and the latest use of an account, alone or with what is
    /// below it.
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

/// Answers to questions about usage, each with the version of what it was computed from.
/// **Invariant:** an answer is given only in a snapshot of the same version, so none is
/// ever older than the page it is on.
#[derive(Debug)]
pub(super) struct Memo<Q, A> {
    /// The one that was used last is at the end.
    kept: Mutex<Vec<Kept<Q, A>>>,
    most: usize,
}

#[derive(Debug)]
struct Kept<Q, A> {
    question: Q,
    version: Version,
    answer: A,
}

impl<Q: PartialEq, A: Clone> Memo<Q, A> {
    /// A memo for so many answers.
    fn new(most: usize) -> Self {
        Memo {
            kept: Mutex::default(),
            most,
        }
    }

    /// Answers a question about what happened until the end of a span, by what is kept
    /// or by `compute`. Two that ask at once compute both.
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
        let mut kept = self.lock();
        kept.retain(|of| of.question != question);
        if kept.len() >= self.most {
            kept.remove(0);
        }
        kept.push(Kept {
            question,
            version,
            answer: answer.clone(),
        });
        Ok(answer)
    }

    fn find(&self, question: &Q, version: Version) -> Option<A> {
        let mut kept = self.lock();
        let at = kept
            .iter()
            .position(|of| of.version == version && of.question == *question)?;
        let found = kept.remove(at);
        let answer = found.answer.clone();
        kept.push(found);
        Some(answer)
    }

    /// Ignores poisoning: what is kept is whole.
    fn lock(&self) -> MutexGuard<'_, Vec<Kept<Q, A>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
