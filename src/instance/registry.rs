//! The trackers of this page, and the handles to them.
//!
//! A [`Tracker`](crate::Tracker) holds only numbers, so that it can be copied and sent to
//! wherever a front end keeps its state. The trackers themselves stay on the thread that
//! made them; on other threads there are none.

use std::{
    cell::{Cell, RefCell},
    mem,
    sync::atomic::{AtomicU32, Ordering},
};

use wasm_bindgen::JsValue;

use super::Instance;
use crate::{
    browser::{self, Hooks, Source},
    settings::Settings,
};

/// Identifies a handle to a tracker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    /// The number of the tracker among those of all threads.
    tracker: u32,
    /// Its number among the handles of that tracker.
    pub(super) handle: u32,
}

thread_local! {
    static TRACKERS: RefCell<Numbered<&'static Instance>> = const { RefCell::new(Vec::new()) };
}

/// The trackers of this thread, each with its number.
type Numbered<Instance> = Vec<(u32, Instance)>;

/// Adds a tracker under a number that no tracker of any thread has, because a handle may be
/// sent to a thread that has trackers of its own.
fn add<Instance>(trackers: &mut Numbered<Instance>, instance: Instance) -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    trackers.push((number, instance));
    number
}

fn numbered<Instance: Copy>(trackers: &[(u32, Instance)], number: u32) -> Option<Instance> {
    let found = trackers.iter().find(|(it, _)| *it == number);
    found.map(|(_, instance)| *instance)
}

/// Returns a handle to the tracker of a source: the one that runs, or a new one. `explicit`
/// names the settings that were given explicitly, even if they have their default values.
pub(crate) fn open(
    settings: Box<Settings>,
    explicit: &[String],
    source: Source,
    mut hooks: Hooks,
) -> Handle {
    browser::on_failure(fail_all);
    if let Some((tracker, instance)) = find_running(&source) {
        instance.join(&settings, explicit, &hooks.texts);
        return instance.handle(tracker);
    }
    let instance: &Instance = Box::leak(Box::new(Instance {
        url: source.url.clone(),
        hooks: mem::take(&mut hooks.texts),
        host: browser::host(settings, source, hooks),
        refused: Cell::new(0),
        modules: RefCell::default(),
        is_warned_of_difference: Cell::new(false),
        handles: RefCell::default(),
    }));
    let tracker = TRACKERS.with_borrow_mut(|trackers| add(trackers, instance));
    instance.handle(tracker)
}

fn find_running(source: &Source) -> Option<(u32, &'static Instance)> {
    TRACKERS.with_borrow(|trackers| {
        let is_it = |instance: &Instance| instance.url == source.url && instance.is_in_use();
        trackers.iter().find(|(_, it)| is_it(it)).copied()
    })
}

/// The running tracker of a source.
#[cfg(feature = "class")]
pub(crate) fn running(source: &Source) -> Option<&'static Instance> {
    find_running(source).map(|(_, instance)| instance)
}

/// The tracker of a handle; `None` on a thread other than the one that made it.
pub(crate) fn find(handle: Handle) -> Option<&'static Instance> {
    TRACKERS.with_borrow(|trackers| numbered(trackers, handle.tracker))
}

/// Turns off all trackers, because a failure leaves the whole wasm in an unknown state.
fn fail_all(error: &JsValue) {
    let all = TRACKERS.with(|trackers| trackers.try_borrow().map(|all| all.clone()));
    for (_, instance) in all.unwrap_or_default() {
        instance.fail(error);
    }
}

impl Instance {
    fn handle(&self, tracker: u32) -> Handle {
        let mut handles = self.handles.borrow_mut();
        handles.push(true);
        Handle {
            tracker,
            handle: handles.len() as u32 - 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_handle_on_another_thread_stands_for_no_tracker_of_that_thread() {
        let mut trackers = Vec::new();
        let first = add(&mut trackers, "first");
        let elsewhere = thread::spawn(move || {
            let mut trackers = Vec::new();
            add(&mut trackers, "of another source");
            numbered(&trackers, first)
        });
        assert_eq!(elsewhere.join().expect("no panic"), None);
        assert_eq!(numbered(&trackers, first), Some("first"));
    }
}
