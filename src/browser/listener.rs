//! Listeners that listen as long as a value lives.

use wasm_bindgen::JsValue;

use super::{
    guard::{self, Called},
    page::{call, global_this, member, object, put},
};

/// The kinds of events that are listened to.
type Kinds = &'static [&'static str];

/// A listener that can be added to targets. It listens to some kinds of events in the
/// capture phase, before the page can stop them. Being passive, it never delays
/// scrolling. Events dispatched by scripts are ignored.
pub(crate) struct Ear {
    kinds: Kinds,
    heard: guard::Function,
}

impl Ear {
    pub fn new(kinds: Kinds, heard: impl Fn(&JsValue) + 'static) -> Ear {
        Ear::boxed(kinds, Box::new(heard))
    }

    fn boxed(kinds: Kinds, heard: Box<dyn Called>) -> Ear {
        let heard = guard::function(move |event| {
            if member(event, "isTrusted") != false {
                heard.call(event);
            }
        });
        Ear { kinds, heard }
    }

    /// Listens to a target. Adding the same target twice has no effect. A target of
    /// another origin cannot be observed, and is ignored.
    pub fn add(&self, target: &JsValue) {
        let options = object();
        for name in &["capture", "passive"] {
            put(&options, name, &JsValue::TRUE);
        }
        for &kind in self.kinds {
            // If the page forbids listeners, its events are not heard.
            let given = [kind.into(), self.function(), options.clone().into()];
            let _ = call(target, "addEventListener", &given);
        }
    }

    /// Stops listening to a target.
    pub fn remove(&self, target: &JsValue) {
        for &kind in self.kinds {
            let given = [kind.into(), self.function(), JsValue::TRUE];
            let _ = call(target, "removeEventListener", &given);
        }
    }

    fn function(&self) -> JsValue {
        self.heard.as_ref().clone()
    }
}

/// Listens to one target as long as it lives.
pub(crate) struct Listener {
    target: JsValue,
    ear: Ear,
}

impl Listener {
    /// Listens to events of these kinds.
    pub fn new(target: &JsValue, kinds: Kinds, heard: impl Fn(&JsValue) + 'static) -> Listener {
        Listener::boxed(target, kinds, Box::new(heard))
    }

    /// Like [`Listener::new`], on the window or, in a worker, on its global scope.
    pub fn global(kinds: Kinds, heard: impl Fn(&JsValue) + 'static) -> Listener {
        Listener::global_boxed(kinds, Box::new(heard))
    }

    fn boxed(target: &JsValue, kinds: Kinds, heard: Box<dyn Called>) -> Listener {
        let listener = Listener {
            target: target.clone(),
            ear: Ear::boxed(kinds, heard),
        };
        listener.listen();
        listener
    }

    // A separate function with a boxed closure, because many listeners are made here.
    #[inline(never)]
    fn global_boxed(kinds: Kinds, heard: Box<dyn Called>) -> Listener {
        Listener::boxed(&global_this(), kinds, heard)
    }

    /// Adds the listener again after somebody has removed every listener.
    pub fn listen(&self) {
        self.ear.add(&self.target);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ear.remove(&self.target);
    }
}
