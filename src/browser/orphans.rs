//! Takes over what closed pages left.

use natero_engine::host_constants::CLOSED_AFTER;

use super::{
    clock, executor,
    locks::{self, Lock},
};

/// How much of what a page left was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takeover {
    /// All of it.
    Complete,
    /// Only a part. The rest had to stay.
    Partial,
}

/// Calls `take` for what a page left under `name`, if that page is closed or its last
/// time stamp `last_alive` is too old. No other page takes it at the same time. If a part
/// had to stay, its lock is passed to `keep_lock`.
pub(crate) fn take_over(
    name: &str,
    last_alive: f64,
    take: impl FnOnce() -> Takeover + 'static,
    keep_lock: impl FnOnce(Lock) + 'static,
) {
    if locks::exist() {
        let granted = move |is_free: bool| {
            if !is_free || take() == Takeover::Complete {
                return None;
            }
            let lock = Lock::default();
            keep_lock(lock.clone());
            Some(lock)
        };
        locks::request(name, true, Box::new(granted));
    } else if !(-CLOSED_AFTER.0..=CLOSED_AFTER.0).contains(&(clock::wall() - last_alive)) {
        // Also where the time stamp lies in the future, because the clock was set back since.
        // As with a lock, this happens after the current task.
        executor::later(move || {
            take();
        });
    }
}
