//! Takes over what closed pages left.

use natero_engine::host_constants::{CLOSED_AFTER, RELEASED_WITHIN};

use super::{
    clock,
    locks::{self, Answer, Lock},
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
    let again = name.to_owned();
    let answered = move |answer| {
        match answer {
            Answer::Granted => return taken(take, keep),
            Answer::Denied => {
                let timer = Timer::default();
                timer.set(clock::monotonic() + RELEASED_WITHIN.0, move || {
                    let answered = move |answer| match answer {
                        Answer::Granted => taken(take, keep),
                        Answer::Denied | Answer::Missing => None,
                    };
                    locks::request(&again, true, Box::new(answered));
                });
                keep(Kept::Retry(timer));
            }
            Answer::Missing if is_old(last_alive) => {
                take();
            }
            Answer::Missing => {}
        }
        None
    };
    locks::request(name, true, Box::new(answered));
}

/// Whether a page with this time stamp counts as closed. Also where it lies in the future, because
/// the clock was set back since, or is missing. Where there are locks, though, a page without a
/// time stamp has one that works.
fn is_old(last_alive: f64) -> bool {
    let age = clock::wall() - last_alive;
    (last_alive != 0.0 || !locks::exist()) && !(-CLOSED_AFTER.0..=CLOSED_AFTER.0).contains(&age)
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
