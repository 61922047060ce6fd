//! Runs work whose changes can be rolled back separately.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Transaction;

/// Runs work in a savepoint. When the work fails or panics, its changes are rolled back, and the
/// error is returned as the inner error.
///
/// # Errors
/// The outer error is a failure of the machine, such as a full disk, which affects the whole
/// transaction.
pub(super) fn run<T>(
    tx: &Transaction<'_>,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<rusqlite::Result<T>> {
    run_unless_rejected(tx, work, |_| true)
}

/// Like [`run`]. The changes are also rolled back when `should_commit` rejects the result.
///
/// # Errors
/// Fails like [`run`].
pub(super) fn run_unless_rejected<T>(
    tx: &Transaction<'_>,
    work: impl FnOnce() -> rusqlite::Result<T>,
    should_commit: impl FnOnce(&T) -> bool,
) -> rusqlite::Result<rusqlite::Result<T>> {
    tx.prepare_cached("SAVEPOINT work")?.execute([])?;
    let outcome = caught(work);
    match &outcome {
        Ok(result) if should_commit(result) => {}
        Err(cause) if tx.is_autocommit() || is_environment(cause) => return outcome.map(Ok),
        Ok(_) | Err(_) => {
            tx.prepare_cached("ROLLBACK TO work")?.execute([])?;
        }
    }
    tx.prepare_cached("RELEASE work")?.execute([])?;
    Ok(outcome)
}

/// Runs work, and converts a panic into an error.
pub(super) fn caught<T>(work: impl FnOnce() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(rusqlite::Error::InvalidQuery))
}

/// Whether an error is caused by the machine and may be temporary, rather than by the request.
pub(super) fn is_environment(cause: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::*;
    matches!(
        cause.sqlite_error_code(),
        Some(
            DiskFull
                | DatabaseBusy
                | DatabaseLocked
                | SystemIoFailure
                | OutOfMemory
                | ReadOnly
                | CannotOpen
                | PermissionDenied
                | OperationInterrupted
        )
    )
}
