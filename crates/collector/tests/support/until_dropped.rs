//! Work of other threads that ends with the value that it belongs to.

use std::sync::atomic::{AtomicBool, Ordering};

/// Tells threads that it is over once it is dropped, also by a check that fails: a scope
/// waits for its threads.
pub struct UntilDropped<'a>(&'a AtomicBool);

impl<'a> UntilDropped<'a> {
    /// Sets a flag once it is dropped.
    pub fn of(is_over: &'a AtomicBool) -> Self {
        UntilDropped(is_over)
    }
}

impl Drop for UntilDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
