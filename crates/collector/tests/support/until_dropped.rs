//! Background threads that end with a value.

use std::sync::atomic::{AtomicBool, Ordering};

/// Tells threads to end when it is dropped, which also happens when a check fails. Otherwise
/// a thread scope would wait for its threads for ever.
pub struct UntilDropped<'a>(&'a AtomicBool);

impl<'a> UntilDropped<'a> {
    /// Sets a flag when it is dropped.
    pub fn of(is_over: &'a AtomicBool) -> Self {
        UntilDropped(is_over)
    }
}

impl Drop for UntilDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
