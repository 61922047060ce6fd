//! The page in sight, out of sight, left, and brought back. `unload` is never
//! listened to: it would shut the page out of the back/forward cache.

use std::cell::Cell;

use super::{
    listener::Listener,
    page::{is_visible, member},
};

/// What became of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is in sight.
    Shown,
    /// It is not.
    Hidden,
    /// It is left, and may be kept by the browser. `Hidden` comes next.
    Left,
    /// The browser has kept it, and shows it again.
    Restored,
}

/// Tells of each change while what it listens with lives.
pub(crate) fn watch(listeners: &mut Vec<Listener>, changed: impl Fn(Change) + Copy + 'static) {
    let is_left: &Cell<bool> = Box::leak(Box::default());
    let visibility = Listener::global(&["visibilitychange"], move |_| {
        if !is_visible() {
            changed(Change::Hidden);
        } else if !is_left.get() {
            // A page that comes back is visible a moment before it is told that
            // it is back: that moment belongs to the page view to come.
            changed(Change::Shown);
        }
    });
    let hide = Listener::global(&["pagehide"], move |_| {
        is_left.set(true);
        changed(Change::Left);
        changed(Change::Hidden);
    });
    let show = Listener::global(&["pageshow"], move |event| {
        if member(event, "persisted") == true {
            is_left.set(false);
            changed(Change::Restored);
        }
    });
    listeners.push(visibility);
    listeners.push(hide);
    listeners.push(show);
}
