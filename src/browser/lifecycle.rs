//! Reports that the page is shown, hidden, left, or restored. It never listens to
//! `unload`, which would keep the page out of the back/forward cache.

use std::cell::Cell;

use super::{
    listener::TargetListener,
    page::{is_visible, member},
};

/// What happened to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is visible.
    Shown,
    /// It is hidden.
    Hidden,
    /// It is left, and the browser may keep it. `Hidden` comes next.
    Left,
    /// The browser kept the page, and shows it again.
    Restored,
}

/// Calls `changed` for each change, as long as the listeners live.
pub(crate) fn watch(
    listeners: &mut Vec<TargetListener>,
    changed: impl Fn(Change) + Copy + 'static,
) {
    let is_left: &Cell<bool> = Box::leak(Box::default());
    let visibility = TargetListener::global(&["visibilitychange"], move |_| {
        if !is_visible() {
            changed(Change::Hidden);
        } else if !is_left.get() {
            // A restored page becomes visible shortly before `pageshow` reports that. The
            // time between belongs to the next page view.
            changed(Change::Shown);
        }
    });
    let hide = TargetListener::global(&["pagehide"], move |_| {
        is_left.set(true);
        changed(Change::Left);
        changed(Change::Hidden);
    });
    let show = TargetListener::global(&["pageshow"], move |event| {
        if member(event, "persisted") == true {
            is_left.set(false);
            changed(Change::Restored);
        }
    });
    listeners.push(visibility);
    listeners.push(hide);
    listeners.push(show);
}
