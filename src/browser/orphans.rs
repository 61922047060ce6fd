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

/// What a page keeps while something of another page stays.
#[derive(Debug)]
#[expect(dead_code, reason = "what it keeps ends when it is dropped")]
pub(crate) enum Kept {
    /// The lock of a part that had to stay.
    Lock(Lock),
    /// The timer after which a lock that was held is requested once more.
    Retry(Timer),
}

/// Calls `take` for what a page left under `name`, if that page is closed or its last
/// time stamp `last_alive` is too old. No other page takes it at the same time. If a part
/// had to stay, `keep` gets its lock. If the lock is held, it is requested once more unless
/// the timer that `keep` gets is dropped: a browser may start the next page before it has
/// released the locks of the one that this page replaces.
pub(crate) fn take_over(
    name: &str,
    last_alive: f64,
    take: impl FnOnce() -> Takeover + 'static,
    keep: impl Fn(Kept) + Copy + 'static,
) {
    if locks::exist() {
        let again = name.to_owned();
        let take_if_free = move |is_free: bool| {
            if is_free {
                return taken(take, keep);
            }
            let timer = Timer::default();
            timer.set(clock::monotonic() + RELEASED_WITHIN.0, move || {
                let granted = move |is_free: bool| is_free.then(|| taken(take, keep)).flatten();
                locks::request(&again, true, Box::new(granted));
            });
            keep(Kept::Retry(timer));
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
fn taken(take: impl FnOnce() -> Takeover, keep: impl Fn(Kept)) -> Option<Lock> {
    if take() == Takeover::Complete {
        return None;
    }
    let lock = Lock::default();
    keep(Kept::Lock(lock.clone()));
    Some(lock)
}
