//! Takes over what closed pages left.

use natero_engine::host_constants::{CLOSED_AFTER, RELEASED_WITHIN};

use super::{
    clock, executor,
    locks::{self, Lock},
    timer::Timer,
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
/// had to stay, its lock is passed to `keep_lock`. If the lock is held, it is requested
/// once more unless the timer that `keep_timer` gets is dropped: a browser may start the
/// next page before it has released the locks of the one that this page replaces.
pub(crate) fn take_over(
    name: &str,
    last_alive: f64,
    take: impl FnOnce() -> Takeover + 'static,
    keep_lock: impl FnOnce(Lock) + 'static,
    keep_timer: impl FnOnce(Timer) + 'static,
) {
    if locks::exist() {
        let again = name.to_owned();
        let take_if_free = move |is_free: bool| {
            if is_free {
                return taken(take, keep_lock);
            }
            let timer = Timer::default();
            timer.set(clock::monotonic() + RELEASED_WITHIN.0, move || {
                let granted =
                    move |is_free: bool| is_free.then(|| taken(take, keep_lock)).flatten();
                locks::request(&again, true, Box::new(granted));
            });
            keep_timer(timer);
            None
        };
        locks::request(name, true, Box::new(take_if_free));
    } else if !(-CLOSED_AFTER.0..=CLOSED_AFTER.0).contains(&(clock::wall() - last_alive)) {
        // Also where the time stamp lies in the future, because the clock was set back since.
        // As with a lock, this happens after the current task.
        executor::later(move || {
            take();
        });
    }
}

/// Takes what is there. The lock to hold on, if a part had to stay.
fn taken(take: impl FnOnce() -> Takeover, keep_lock: impl FnOnce(Lock)) -> Option<Lock> {
    if take() == Takeover::Complete {
        return None;
    }
    let lock = Lock::default();
    keep_lock(lock.clone());
    Some(lock)
}
