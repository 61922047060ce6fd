//! Takes over what closed pages left.

use natero_engine::host_constants::{CLOSED_AFTER, RELEASED_WITHIN};

use super::{
    clock, executor,
    locks::{self, Lock},
    timer,
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
        take_if_free(
            name.to_owned(),
            Attempt::First,
            Box::new(take),
            Box::new(keep_lock),
        );
    } else if !(-CLOSED_AFTER.0..=CLOSED_AFTER.0).contains(&(clock::wall() - last_alive)) {
        // Also where the time stamp lies in the future, because the clock was set back since.
        // As with a lock, this happens after the current task.
        executor::later(move || {
            take();
        });
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    Second,
}

/// Requests the lock of this name. If it is held, requests it once more: a browser may
/// start the next page before it has released the locks of the one that this page
/// replaces.
fn take_if_free(
    name: String,
    attempt: Attempt,
    take: Box<dyn FnOnce() -> Takeover>,
    keep_lock: Box<dyn FnOnce(Lock)>,
) {
    let again = name.clone();
    let granted = move |is_free: bool| {
        if is_free {
            if take() == Takeover::Partial {
                let lock = Lock::default();
                keep_lock(lock.clone());
                return Some(lock);
            }
        } else if attempt == Attempt::First {
            timer::after(RELEASED_WITHIN.0 as u32, move || {
                take_if_free(again, Attempt::Second, take, keep_lock);
            });
        }
        None
    };
    locks::request(&name, true, Box::new(granted));
}
