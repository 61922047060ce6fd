//! What pages left that are gone.

use super::{
    clock, executor,
    locks::{self, Lock},
};

/// Pages on origins without locks (plain http) count as gone once they have not
/// told for this long that they live, in ms. They do so when they store or look for
/// others, at least once a minute while they are in use.
const SILENT: f64 = 600_000.0;

/// What became of something that a page left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Nothing is left of it.
    Whole,
    /// Some of it had to stay.
    Part,
}

/// Calls `take` for what a page left under `name`, if that page is gone, or was
/// last heard of at `last_alive` long ago. Nobody else takes it at that time. Where
/// part of it had to stay, its lock is handed to `keep`.
pub(crate) fn take_over(
    name: &str,
    last_alive: f64,
    take: impl FnOnce() -> Taken + 'static,
    keep: impl FnOnce(Lock) + 'static,
) {
    if locks::exist() {
        let granted = move |is_free: bool| {
            if !is_free || take() == Taken::Whole {
                return None;
            }
            let lock = Lock::default();
            keep(lock.clone());
            Some(lock)
        };
        locks::request(name, true, Box::new(granted));
    } else if clock::wall() - last_alive > SILENT {
        // As with a lock, when what goes on now is done.
        executor::later(move || {
            take();
        });
    }
}
