//! Listens to the page. `unload` is never listened to: it would shut the page
//! out of the back/forward cache.

use super::{document, facts::address, window};
use crate::{driver::Driver, host::Host};
use js_sys::Function;
use natero_engine::Input;
use std::rc::{Rc, Weak};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{
    AddEventListenerOptions, Event, EventTarget, HtmlDocument, PageTransitionEvent,
    VisibilityState, Window,
};

/// What counts as activity. `focus` is how a window comes into use that is
/// reached by the keyboard alone.
const ACTIVITY: [&str; 8] = [
    "mousemove",
    "mousedown",
    "click",
    "keydown",
    "touchstart",
    "scroll",
    "wheel",
    "focus",
];
const LIFE: [&str; 5] = [
    "visibilitychange",
    "pagehide",
    "pageshow",
    "online",
    "offline",
];

/// Our listeners on the page; they go when it is dropped.
pub(crate) struct Page {
    window: Window,
    activity: Function,
    life: Function,
    options: AddEventListenerOptions,
}

impl Page {
    pub fn listen(driver: &Rc<Driver>, host: &Host) -> Option<Page> {
        let (window, document) = (window()?, document()?);
        let on_activity = {
            let driver = Rc::downgrade(driver);
            Closure::<dyn FnMut()>::new(move || {
                if let Some(driver) = driver.upgrade() {
                    driver.activity();
                }
            })
        };
        let on_life = {
            let driver = Rc::downgrade(driver);
            let window = window.clone();
            Closure::<dyn FnMut(Event)>::new(move |event: Event| {
                life(&driver, &window, &document, &event);
            })
        };
        let options = AddEventListenerOptions::new();
        // In the capture phase, before the page can stop the event; passive,
        // so that scrolling never waits for us.
        options.set_capture(true);
        options.set_passive(true);
        let page = Page {
            activity: host.guard(on_activity.into_js_value().unchecked_ref()),
            life: host.guard(on_life.into_js_value().unchecked_ref()),
            options,
            window,
        };
        page.each(|target, name, f| {
            let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
                name,
                f,
                &page.options,
            );
        });
        Some(page)
    }

    fn each(&self, mut act: impl FnMut(&EventTarget, &str, &Function)) {
        // `visibilitychange` bubbles to the window.
        for name in ACTIVITY {
            act(&self.window, name, &self.activity);
        }
        for name in LIFE {
            act(&self.window, name, &self.life);
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.each(|target, name, f| {
            let _ = target.remove_event_listener_with_callback_and_bool(name, f, true);
        });
    }
}

fn life(driver: &Weak<Driver>, window: &Window, document: &HtmlDocument, event: &Event) {
    let Some(driver) = driver.upgrade() else {
        return;
    };
    let visible = document.visibility_state() == VisibilityState::Visible;
    match event.type_().as_str() {
        "visibilitychange" if visible => driver.shown(),
        "visibilitychange" | "pagehide" => driver.feed_now(Input::Hidden),
        "pageshow" => {
            let event: &PageTransitionEvent = event.unchecked_ref();
            if event.persisted() {
                driver.shown();
                driver.feed_now(Input::Navigated(&address(window), &document.title()));
            }
        }
        "online" => driver.feed_now(Input::Online(true)),
        _ => driver.feed_now(Input::Online(false)),
    }
}
