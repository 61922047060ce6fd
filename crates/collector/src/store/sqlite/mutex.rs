//! Locks of what one thread at a time works with.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits for a lock. Ignores poisoning: what is behind these locks is replaced as a whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
