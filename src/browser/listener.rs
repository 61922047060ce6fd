//! Listeners that listen as long as a value lives.

use wasm_bindgen::JsValue;

use super::{
    guard::{self, Callback},
    page::{call, global_this, member, object, put},
};

/// The kinds of events that are listened to.
type Kinds = &'static [&'static str];

/// A listener that can be added to targets. It listens to some kinds of events in the
/// capture phase, before the page can stop them. Being passive, it never delays
/// scrolling. Events dispatched by scripts are ignored.
pub(crate) struct Listener {
    kinds: Kinds,
    handler: guard::Function,
}

impl Listener {
    pub fn new(kinds: Kinds, handler: impl Fn(&JsValue) + 'static) -> Listener {
        Listener::boxed(kinds, Box::new(handler))
    }

    fn boxed(kinds: Kinds, handler: Box<dyn Callback>) -> Listener {
        let handler = guard::function(move |event| {
            if member(event, "isTrusted") != false {
                handler.call(event);
            }
        });
        Listener { kinds, handler }
    }

    /// Listens to a target. Adding the same target twice has no effect. A target of
    /// another origin cannot be observed, and is ignored.
    pub fn add(&self, target: &JsValue) {
        let options = object();
        for name in &["capture", "passive"] {
            put(&options, name, &JsValue::TRUE);
        }
        for &kind in self.kinds {
            // If the page forbids listeners, its events do not arrive.
            let arguments = [kind.into(), self.function(), options.clone().into()];
            let _ = call(target, "addEventListener", &arguments);
        }
    }

    /// Stops listening to a target.
    pub fn remove(&self, target: &JsValue) {
        for &kind in self.kinds {
            let arguments = [kind.into(), self.function(), JsValue::TRUE];
            let _ = call(target, "removeEventListener", &arguments);
        }
    }

    fn function(&self) -> JsValue {
        self.handler.as_ref().clone()
    }
}

/// Listens to one target as long as it lives.
pub(crate) struct TargetListener {
    target: JsValue,
    listener: Listener,
}

impl TargetListener {
    /// Listens to events of these kinds.
    pub fn new(
        target: &JsValue,
        kinds: Kinds,
        handler: impl Fn(&JsValue) + 'static,
    ) -> TargetListener {
        TargetListener::boxed(target, kinds, Box::new(handler))
    }

    /// Like [`TargetListener::new`], on an object that the tracker has made. If the page
    /// has replaced its class, scripts may dispatch its events.
    pub fn own(
        target: &JsValue,
        kinds: Kinds,
        handler: impl Fn(&JsValue) + 'static,
    ) -> TargetListener {
        let handler = guard::function(handler);
        TargetListener::begin(target, Listener { kinds, handler })
    }

    /// Like [`TargetListener::new`], on the window or, in a worker, on its global scope.
    pub fn global(kinds: Kinds, handler: impl Fn(&JsValue) + 'static) -> TargetListener {
        TargetListener::global_boxed(kinds, Box::new(handler))
    }

    fn boxed(target: &JsValue, kinds: Kinds, handler: Box<dyn Callback>) -> TargetListener {
        TargetListener::begin(target, Listener::boxed(kinds, handler))
    }

    fn begin(target: &JsValue, listener: Listener) -> TargetListener {
        let target = target.clone();
        let listener = TargetListener { target, listener };
        listener.listen();
        listener
    }

    // A separate function with a boxed closure, because many listeners are made here.
    #[inline(never)]
    fn global_boxed(kinds: Kinds, handler: Box<dyn Callback>) -> TargetListener {
        TargetListener::boxed(&global_this(), kinds, handler)
    }

    /// Adds the listener again after somebody has removed every listener.
    pub fn listen(&self) {
        self.listener.add(&self.target);
    }
}

impl Drop for TargetListener {
    fn drop(&mut self) {
        self.listener.remove(&self.target);
    }
}
