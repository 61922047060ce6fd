//! The trackers of this page, and the handles to them.
//!
//! A [`Tracker`](crate::Tracker) holds only numbers, so that it can be copied and sent to
//! wherever a front end keeps its state. The trackers themselves stay on the thread that
//! made them; on other threads there are none.

use std::{
    cell::{Cell, RefCell},
    mem,
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
    tracker: u32,
    /// Its number among the handles of that tracker.
    pub(super) handle: u32,
}

thread_local! {
    static TRACKERS: RefCell<Vec<&'static Instance>> = const { RefCell::new(Vec::new()) };
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
    TRACKERS.with_borrow_mut(|trackers| {
        trackers.push(instance);
        instance.handle(trackers.len() - 1)
    })
}

fn find_running(source: &Source) -> Option<(usize, &'static Instance)> {
    TRACKERS.with_borrow(|trackers| {
        let is_it = |instance: &&Instance| instance.url == source.url && instance.is_in_use();
        let at = trackers.iter().position(is_it)?;
        Some((at, trackers[at]))
    })
}

/// The running tracker of a source.
#[cfg(feature = "class")]
pub(crate) fn running(source: &Source) -> Option<&'static Instance> {
    find_running(source).map(|(_, instance)| instance)
}

/// The tracker of a handle; `None` on a thread other than the one that made it.
pub(crate) fn find(handle: Handle) -> Option<&'static Instance> {
    TRACKERS.with_borrow(|trackers| trackers.get(handle.tracker as usize).copied())
}

/// Turns off all trackers, because a failure leaves the whole wasm in an unknown state.
fn fail_all(error: &JsValue) {
    let all = TRACKERS.with(|trackers| trackers.try_borrow().map(|all| all.clone()));
    for instance in all.unwrap_or_default() {
        instance.fail(error);
    }
}

impl Instance {
    fn handle(&self, tracker: usize) -> Handle {
        let mut handles = self.handles.borrow_mut();
        handles.push(true);
        Handle {
            tracker: tracker as u32,
            handle: handles.len() as u32 - 1,
        }
    }
}
