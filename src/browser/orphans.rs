//! Takes over what closed pages left.

use super::{
    clock, executor,
    locks::{self, Lock},
};

/// Without locks (on plain http), a page counts as closed if it has not updated its time
/// stamp for this long, in ms. Pages update it when they store events or look for
/// orphans, which is at least once a minute while they are in use.
const CLOSED_AFTER: f64 = 600_000.0;

/// How much of what a page left was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// All of it.
    Whole,
    /// Only a part. The rest had to stay.
    Part,
}

/// Calls `take` for what a page left under `name`, if that page is closed or its last
/// time stamp `last_alive` is too old. No other page takes it at the same time. If a part
/// had to stay, its lock is passed to `keep_lock`.
pub(crate) fn take_over(
    name: &str,
    last_alive: f64,
    take: impl FnOnce() -> Taken + 'static,
    keep_lock: impl FnOnce(Lock) + 'static,
) {
    if locks::exist() {
        let granted = move |is_free: bool| {
            if !is_free || take() == Taken::Whole {
                return None;
            }
            let lock = Lock::default();
            keep_lock(lock.clone());
            Some(lock)
        };
        locks::request(name, true, Box::new(granted));
    } else if clock::wall() - last_alive > CLOSED_AFTER {
        // As with a lock, this happens after the current task.
        executor::later(move || {
            take();
        });
    }
}
