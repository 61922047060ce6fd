//! Listeners that live as long as the value that stands for them.

use wasm_bindgen::JsValue;

use super::{
    guard::{self, Called},
    page::{call, global_this, member, object, put},
};

/// The kinds of events that are listened to.
type Kinds = &'static [&'static str];

/// Something that can listen: to events of some kinds, in the capture phase, before
/// the page can stop them. Scrolling never waits for us. What a script dispatches is
/// not heard.
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

    /// Listens to a target; to listen twice is to listen once. One of another origin is
    /// not heard.
    pub fn add(&self, target: &JsValue) {
        let options = object();
        for name in &["capture", "passive"] {
            put(&options, name, &JsValue::TRUE);
        }
        for &kind in self.kinds {
            // A page that lets nobody listen is heard no more than it wants.
            let given = [kind.into(), self.function(), options.clone().into()];
            let _ = call(target, "addEventListener", &given);
        }
    }

    /// Listens to it no more.
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

/// Listens to one target while it lives.
pub(crate) struct Listener {
    target: JsValue,
    ear: Ear,
}

impl Listener {
    /// Listens to events of these kinds.
    pub fn new(target: &JsValue, kinds: Kinds, heard: impl Fn(&JsValue) + 'static) -> Listener {
        Listener::boxed(target, kinds, Box::new(heard))
    }

    /// As [`Listener::new`], on the window, or in a worker on what is in its place.
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

    // Out of line, as many listen there.
    #[inline(never)]
    fn global_boxed(kinds: Kinds, heard: Box<dyn Called>) -> Listener {
        Listener::boxed(&global_this(), kinds, heard)
    }

    /// Listens again where somebody has removed every listener.
    pub fn listen(&self) {
        self.ear.add(&self.target);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ear.remove(&self.target);
    }
}
