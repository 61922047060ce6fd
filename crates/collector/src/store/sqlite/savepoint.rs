//! Work that is rolled back alone when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Transaction;

/// Runs work in a savepoint. The inner error is that of work whose changes were
/// rolled back; a panic is one, too.
///
/// # Errors
/// Those of the machine, such as a full disk: they affect the whole transaction.
pub(super) fn run<T>(
    tx: &Transaction<'_>,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<rusqlite::Result<T>> {
    run_unless_rejected(tx, work, |_| true)
}

/// Like [`run`], for work whose changes are rolled back also where its result is not
/// to be kept.
///
/// # Errors
/// As [`run`].
pub(super) fn run_unless_rejected<T>(
    tx: &Transaction<'_>,
    work: impl FnOnce() -> rusqlite::Result<T>,
    is_kept: impl FnOnce(&T) -> bool,
) -> rusqlite::Result<rusqlite::Result<T>> {
    tx.prepare_cached("SAVEPOINT work")?.execute([])?;
    let outcome = caught(work);
    match &outcome {
        Ok(result) if is_kept(result) => {}
        Err(cause) if tx.is_autocommit() || is_environment(cause) => return outcome.map(Ok),
        Ok(_) | Err(_) => {
            tx.prepare_cached("ROLLBACK TO work")?.execute([])?;
        }
    }
    tx.prepare_cached("RELEASE work")?.execute([])?;
    Ok(outcome)
}

/// Runs work, and makes an error of a panic.
pub(super) fn caught<T>(work: impl FnOnce() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(rusqlite::Error::InvalidQuery))
}

/// Whether an error is caused by the machine and may pass, rather than by the
/// request.
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
