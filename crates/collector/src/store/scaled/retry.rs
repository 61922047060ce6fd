//! Repeats transactions that conflict with others.

use super::failure::Result;

/// How often a transaction is run if it conflicts with others.
const ATTEMPTS: usize = 6;

/// Runs a transaction, and runs it again at once if PostgreSQL rolled it back because of a conflict
/// with another one. Each attempt has to begin a transaction of its own.
///
/// # Errors
/// The failure of the last attempt.
pub(super) async fn retried<T, F>(mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(failure) if failure.is_retryable() => {}
            done => return done,
        }
    }
    attempt().await
}
