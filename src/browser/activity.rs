//! Detects that somebody uses the page, or a frame in it.

use std::cell::{Cell, OnceCell};

use natero_engine::host_constants::{ACTIVITY_EVENTS, FOCUS_CHECK};
use wasm_bindgen::JsValue;

use super::{
    clock,
    listener::Listener,
    page::{self, global, global_this, member},
    shared,
    timer::Timer,
};

/// A sign that somebody uses the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActivitySignal {
    /// Somebody did something.
    Activity,
    /// The focus went into a frame whose events cannot be observed (`true`), or came out
    /// of it.
    FrameFocused(bool),
}

/// Watches the page until it is stopped.
pub(crate) struct Activity {
    /// The address for batches of the tracker's source.
    url: &'static str,
    listeners: OnceCell<ActivityListeners>,
    on_use: Box<dyn Fn(ActivitySignal)>,
    is_in_frame: Cell<bool>,
    next_check: Timer,
    is_stopped: Cell<bool>,
}

struct ActivityListeners {
    /// Listens to activity in the window and in frames of this origin.
    activity: Listener,
    /// Frames are added, and load new documents. Their `load` events do not reach the
    /// window.
    loads: Listener,
    blurs: Listener,
}

impl Activity {
    /// Calls `on_use` for each sign. What happens in a frame that has a tracker of the same
    /// source itself, given by its address for batches, is left to that tracker.
    pub fn watch(
        url: &'static str,
        on_use: impl Fn(ActivitySignal) + 'static,
    ) -> &'static Activity {
        shared::note_tracker(url, true);
        let activity: &Activity = Box::leak(Box::new(Activity {
            url,
            listeners: OnceCell::new(),
            on_use: Box::new(on_use),
            is_in_frame: Cell::new(false),
            next_check: Timer::default(),
            is_stopped: Cell::new(false),
        }));
        activity.listen();
        // The focus may have been in a frame before the tracker existed.
        activity.check_focus_in(0.0);
        activity
    }

    /// Listens to the window and its frames, as far as they have this origin. Call it
    /// again after somebody has removed every listener.
    pub fn listen(&'static self) {
        if self.is_stopped.get() {
            return;
        }
        let listeners = self.listeners.get_or_init(|| self.new_listeners());
        each_window(&global_this(), &|window| {
            listeners.activity.add(window);
            listeners.blurs.add(window);
            listeners.loads.add(&member(window, "document"));
        });
    }

    fn new_listeners(&'static self) -> ActivityListeners {
        let on_load = move |event: &JsValue| {
            let target = member(event, "target");
            if member(&target, "contentWindow").is_object() {
                self.listen();
            }
        };
        ActivityListeners {
            activity: Listener::new(&ACTIVITY_EVENTS, move |event| {
                let window = member(event, "currentTarget");
                if window == global_this() || !shared::has_tracker(&window, self.url) {
                    self.report(ActivitySignal::Activity);
                }
            }),
            loads: Listener::new(&["load"], on_load),
            // Browsers tell where the focus went only after the event.
            blurs: Listener::new(&["blur"], move |_| self.check_focus_in(0.0)),
        }
    }

    /// Stops listening.
    pub fn stop(&self) {
        self.is_stopped.set(true);
        shared::note_tracker(self.url, false);
        self.next_check.clear();
        if let Some(listeners) = self.listeners.get() {
            each_window(&global_this(), &|window| {
                listeners.activity.remove(window);
                listeners.blurs.remove(window);
                listeners.loads.remove(&member(window, "document"));
            });
        }
    }

    fn report(&self, used: ActivitySignal) {
        if !self.is_stopped.get() {
            (self.on_use)(used);
        }
    }

    fn check_focus_in(&'static self, ms: f64) {
        if !self.is_stopped.get() {
            self.next_check.set(clock::monotonic() + ms, move || {
                self.next_check.fired();
                self.check_focus();
            });
        }
    }

    fn check_focus(&'static self) {
        let document = page::document().unwrap_or(JsValue::UNDEFINED);
        let is_focused = is_in_foreign_frame(&document);
        let was_in = self.is_in_frame.get();
        let is_in = is_focused && has_focus(&document);
        self.is_in_frame.set(is_in);
        if is_in != was_in {
            self.report(ActivitySignal::FrameFocused(is_in));
        }
        // This is all that browsers tell the page about activity in the frame.
        if is_in && is_activated().unwrap_or(!was_in) {
            self.report(ActivitySignal::Activity);
        }
        if is_focused {
            self.check_focus_in(FOCUS_CHECK.0);
        }
    }
}

/// Calls `visit` for a window and the frames in it that have this origin.
fn each_window(window: &JsValue, visit: &dyn Fn(&JsValue)) {
    visit(window);
    let mut at = 0;
    loop {
        let frame = page::item(window, at);
        if !frame.is_object() {
            break;
        }
        // The document of a frame of another origin is not accessible.
        if member(&frame, "document").is_object() {
            each_window(&frame, visit);
        }
        at += 1;
    }
}

/// Whether the focus is in a frame of another origin.
fn is_in_foreign_frame(document: &JsValue) -> bool {
    let window = member_of(&focused_in(document), "contentWindow");
    if !window.is_object() {
        return false;
    }
    let inner = member(&window, "document");
    !inner.is_object() || is_in_foreign_frame(&inner)
}

/// The focused element of a document, or the frame whose document has the focus. It also
/// looks inside components with an open shadow root.
fn focused_in(document: &JsValue) -> JsValue {
    let mut found = member(document, "activeElement");
    loop {
        let within = member_of(&member_of(&found, "shadowRoot"), "activeElement");
        if !within.is_object() || within == found {
            return found;
        }
        found = within;
    }
}

fn member_of(object: &JsValue, name: &str) -> JsValue {
    if object.is_object() {
        member(object, name)
    } else {
        JsValue::UNDEFINED
    }
}

fn has_focus(document: &JsValue) -> bool {
    page::call(document, "hasFocus", &[]).is_ok_and(|it| it == true)
}

/// Whether the user did something in the page or a frame a moment ago; `None` if the
/// browser does not tell.
fn is_activated() -> Option<bool> {
    member_of(&member(&global("navigator"), "userActivation"), "isActive").as_bool()
}
