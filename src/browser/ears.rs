//! What listens to the page for a tracker, until that is detached.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Object};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::MutationObserver;

use super::{
    activity::Activity,
    guard,
    listener::Listener,
    navigation::Navigation,
    page::{self, put},
    tabs::Tabs,
};

/// What listens to the page.
pub(super) struct Ears {
    listeners: Vec<Listener>,
    pub activity: Option<Rc<Activity>>,
    pub navigation: Option<Navigation>,
    /// Where there is no page there is no tab.
    pub tabs: Option<Tabs>,
    erasure: RefCell<Option<Erasure>>,
}

/// Notices that the page has erased all listeners, while it lives.
struct Erasure {
    observer: MutationObserver,
    _again: Closure<dyn Fn(JsValue)>,
}

impl Drop for Erasure {
    fn drop(&mut self) {
        let _ = guard::run(|| self.observer.disconnect());
    }
}

impl Ears {
    pub fn of(listeners: Vec<Listener>) -> Ears {
        Ears {
            listeners,
            activity: None,
            navigation: None,
            tabs: None,
            erasure: RefCell::default(),
        }
    }

    /// Listens again whenever `document.open()` has erased all listeners of the page,
    /// and its content: that is noticed.
    pub fn watch_erasure(&self, this: &Rc<Ears>) {
        let Some(document) = page::document() else {
            return;
        };
        let this = Rc::downgrade(this);
        let again = guard::function(Box::new(move |_| {
            if let Some(ears) = this.upgrade() {
                ears.listen_again();
            }
        }));
        let function: &Function = again.as_ref().unchecked_ref();
        let Ok(observer) = MutationObserver::new(function) else {
            return;
        };
        let init = Object::new();
        put(&init, "childList", &JsValue::TRUE);
        if observer
            .observe_with_options(&document, init.unchecked_ref())
            .is_ok()
        {
            self.erasure.replace(Some(Erasure {
                observer,
                _again: again,
            }));
        }
    }

    fn listen_again(&self) {
        for listener in &self.listeners {
            listener.listen();
        }
        if let Some(activity) = &self.activity {
            activity.listen();
        }
        if let Some(navigation) = &self.navigation {
            navigation.listen_again();
        }
    }

    pub fn settle_navigation(&self) {
        if let Some(navigation) = &self.navigation {
            navigation.settle();
        }
    }
}
