//! Detects that somebody uses the page, or a frame in it.

use std::cell::{Cell, OnceCell};

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    clock,
    listener::Ear,
    page::{self, global, global_this, member},
    timer::Timer,
};

/// What a person does. Scrolling is not listed, because pages also scroll by themselves.
const KINDS: [&str; 9] = [
    "pointerdown",
    "pointermove",
    "mousedown",
    "mousemove",
    "click",
    "keydown",
    "touchstart",
    "touchmove",
    "wheel",
];

/// How often the tracker checks whether the focus is still in a frame of another origin,
/// in ms.
const LOOK: f64 = 1_000.0;

/// A sign that somebody uses the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Somebody did something.
    Activity,
    /// The focus went into a frame whose events cannot be observed (`true`), or came out
    /// of it.
    FrameFocused(bool),
}

/// Watches the page until it is stopped.
pub(crate) struct Activity {
    ears: OnceCell<Ears>,
    used: Box<dyn Fn(Use)>,
    is_in_frame: Cell<bool>,
    next_look: Timer,
    is_over: Cell<bool>,
}

struct Ears {
    /// Hears activity in the window and in frames of this origin.
    activity: Ear,
    /// Frames are added, and load new documents. Their `load` events do not reach the
    /// window.
    loads: Ear,
    blurs: Ear,
}

impl Activity {
    /// Calls `used` for each sign.
    pub fn watch(used: impl Fn(Use) + 'static) -> &'static Activity {
        let activity: &Activity = Box::leak(Box::new(Activity {
            ears: OnceCell::new(),
            used: Box::new(used),
            is_in_frame: Cell::new(false),
            next_look: Timer::default(),
            is_over: Cell::new(false),
        }));
        activity.listen();
        // The focus may have been in a frame before the tracker existed.
        activity.look_in(0.0);
        activity
    }

    /// Listens to the window and its frames, as far as they have this origin. Call it
    /// again after somebody has removed every listener.
    pub fn listen(&'static self) {
        if self.is_over.get() {
            return;
        }
        let ears = self.ears.get_or_init(|| self.ears());
        each_window(&global_this(), &|window| {
            ears.activity.add(window);
            ears.blurs.add(window);
            ears.loads.add(&member(window, "document"));
        });
    }

    fn ears(&'static self) -> Ears {
        let came = move |event: &JsValue| {
            let target = member(event, "target");
            if member(&target, "contentWindow").is_object() {
                self.listen();
            }
        };
        Ears {
            activity: Ear::new(&KINDS, move |_| self.tell(Use::Activity)),
            loads: Ear::new(&["load"], came),
            // Browsers tell where the focus went only after the event.
            blurs: Ear::new(&["blur"], move |_| self.look_in(0.0)),
        }
    }

    /// Stops listening.
    pub fn stop(&self) {
        self.is_over.set(true);
        self.next_look.clear();
        if let Some(ears) = self.ears.get() {
            each_window(&global_this(), &|window| {
                ears.activity.remove(window);
                ears.blurs.remove(window);
                ears.loads.remove(&member(window, "document"));
            });
        }
    }

    fn tell(&self, used: Use) {
        if !self.is_over.get() {
            (self.used)(used);
        }
    }

    fn look_in(&'static self, ms: f64) {
        if !self.is_over.get() {
            self.next_look.set(clock::monotonic() + ms, move || {
                self.next_look.rang();
                self.look();
            });
        }
    }

    fn look(&'static self) {
        let document = page::document().map_or(JsValue::UNDEFINED, JsValue::from);
        let is_focused = is_in_foreign_frame(&document);
        let was_in = self.is_in_frame.get();
        let is_in = is_focused && has_focus(&document);
        self.is_in_frame.set(is_in);
        if is_in != was_in {
            self.tell(Use::FrameFocused(is_in));
        }
        // This is all that browsers tell the page about activity in the frame.
        if is_in && is_activated().unwrap_or(!was_in) {
            self.tell(Use::Activity);
        }
        if is_focused {
            self.look_in(LOOK);
        }
    }
}

/// Calls `visit` for a window and the frames in it that have this origin.
fn each_window(window: &JsValue, visit: &dyn Fn(&JsValue)) {
    visit(window);
    let mut at = 0;
    loop {
        let frame = Reflect::get_u32(window, at).unwrap_or(JsValue::UNDEFINED);
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
    let has_focus = member_of(document, "hasFocus");
    let answer = has_focus
        .dyn_into::<js_sys::Function>()
        .ok()
        .and_then(|it| it.call0(document).ok());
    answer.is_some_and(|it| it == true)
}

/// Whether the user did something in the page or a frame a moment ago; `None` if the
/// browser does not tell.
fn is_activated() -> Option<bool> {
    member_of(&member(&global("navigator"), "userActivation"), "isActive").as_bool()
}
