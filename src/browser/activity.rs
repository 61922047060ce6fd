//! What shows that somebody uses the page, or a frame of it.

use std::{
    cell::Cell,
    rc::{Rc, Weak},
};

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    clock,
    listener::Ear,
    page::{self, global, global_this, member},
    timer::Timer,
};

/// What a person does. Pages scroll by themselves.
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

/// How often is looked whether the focus is still in a frame of another origin, in
/// ms.
const LOOK: f64 = 1_000.0;

/// What a user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Somebody did something.
    Activity,
    /// The focus went into a frame in which nothing can be heard (`true`), or came out
    /// of it.
    FrameFocused(bool),
}

/// Watches while it lives.
pub(crate) struct Activity {
    /// What is heard in the window and in frames of this origin.
    activity: Ear,
    /// Frames come, and load other documents. Their loads do not reach the window.
    loads: Ear,
    blurs: Ear,
    used: Rc<dyn Fn(Use)>,
    is_in_frame: Cell<bool>,
    next_look: Timer,
    this: Weak<Activity>,
}

impl Activity {
    /// Tells of each use.
    pub fn watch(used: impl Fn(Use) + 'static) -> Rc<Activity> {
        let used: Rc<dyn Fn(Use)> = Rc::new(used);
        let activity = Rc::new_cyclic(|this: &Weak<Activity>| {
            let telling = Rc::clone(&used);
            let (of_loads, of_blurs) = (Weak::clone(this), Weak::clone(this));
            Activity {
                activity: Ear::new(&KINDS, Box::new(move |_| telling(Use::Activity))),
                loads: Ear::new(
                    &["load"],
                    Box::new(move |event| {
                        let target = member(&event, "target");
                        if let Some(this) = of_loads.upgrade()
                            && member(&target, "contentWindow").is_object()
                        {
                            this.listen();
                        }
                    }),
                ),
                blurs: Ear::new(
                    &["blur"],
                    Box::new(move |_| {
                        // The browser says where the focus went when the event is over.
                        if let Some(this) = of_blurs.upgrade() {
                            this.look_in(0.0);
                        }
                    }),
                ),
                used,
                is_in_frame: Cell::new(false),
                next_look: Timer::default(),
                this: Weak::clone(this),
            }
        });
        activity.listen();
        // The focus may have gone into a frame before there was a tracker.
        activity.look_in(0.0);
        activity
    }

    /// Listens to the window and the frames in it, as far as they are of this origin;
    /// again where somebody has removed every listener.
    pub fn listen(&self) {
        each_window(&global_this(), &|window| {
            self.activity.add(window);
            self.blurs.add(window);
            self.loads.add(&member(window, "document"));
        });
    }

    fn look_in(&self, ms: f64) {
        let this = Weak::clone(&self.this);
        self.next_look.set(clock::monotonic() + ms, move || {
            if let Some(this) = this.upgrade() {
                this.next_look.rang();
                this.look();
            }
        });
    }

    fn look(&self) {
        let document = page::document().map_or(JsValue::UNDEFINED, JsValue::from);
        let is_focused = is_in_foreign_frame(&document);
        let was_in = self.is_in_frame.get();
        let is_in = is_focused && has_focus(&document);
        self.is_in_frame.set(is_in);
        if is_in != was_in {
            (self.used)(Use::FrameFocused(is_in));
        }
        // Of what the user does in it, browsers tell the page no more than this.
        if is_in && is_activated().unwrap_or(!was_in) {
            (self.used)(Use::Activity);
        }
        if is_focused {
            self.look_in(LOOK);
        }
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        each_window(&global_this(), &|window| {
            self.activity.remove(window);
            self.blurs.remove(window);
            self.loads.remove(&member(window, "document"));
        });
    }
}

/// Calls `visit` for a window and the frames in it that are of this origin.
fn each_window(window: &JsValue, visit: &dyn Fn(&JsValue)) {
    visit(window);
    let mut at = 0;
    loop {
        let frame = Reflect::get_u32(window, at).unwrap_or(JsValue::UNDEFINED);
        if !frame.is_object() {
            break;
        }
        // That of another origin has no document.
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

/// The element of a document that has the focus, or in whose document something has:
/// within components, too, as far as they are open.
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

/// Whether the user did something in the page or a frame a moment ago, where browsers
/// tell.
fn is_activated() -> Option<bool> {
    member_of(&member(&global("navigator"), "userActivation"), "isActive").as_bool()
}
