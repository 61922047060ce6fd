//! Web Locks say which pages live: a part of the storage whose lock is free was
//! left by a closed page.
//!
//! web-sys has them behind its unstable flag, which a library cannot ask of its
//! users.

use std::{cell::RefCell, rc::Rc};

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    executor, guard,
    page::{call, global, member, object, put},
};

/// The locks that the pages of an origin share. Pages on plain http have none.
fn manager() -> Option<JsValue> {
    let locks = member(&global("navigator"), "locks");
    locks.is_object().then_some(locks)
}

/// Whether there are locks at all.
pub(crate) fn exist() -> bool {
    manager().is_some()
}

/// Asks for a lock. `granted` is called when nobody else holds it; with
/// `only_if_free` at once, and with `false` where somebody does. The lock is held
/// until what `granted` gives back goes.
pub(crate) fn request(
    name: &str,
    only_if_free: bool,
    granted: Box<dyn FnOnce(bool) -> Option<Lock>>,
) {
    let Some(manager) = manager() else {
        return;
    };
    let options = object();
    put(&options, "ifAvailable", &only_if_free.into());
    let granted = Box::new(move |lock: &JsValue| match granted(!lock.is_null()) {
        Some(lock) => lock.held(),
        None => JsValue::UNDEFINED,
    });
    let granted = guard::function_once(granted);
    // Without a lock, others may take over what we store: better twice than not
    // at all.
    if let Ok(asked) = call(&manager, "request", &[name.into(), options.into(), granted]) {
        executor::ignore(&asked);
    }
}

/// A lock that is asked for or held, until this and every clone of it are gone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lock(Rc<Held>);

/// What lets go of it, once it is granted.
#[derive(Debug, Default)]
struct Held(RefCell<Option<Function>>);

impl Lock {
    /// Holds the lock of this name as soon as nobody else does.
    pub fn hold(name: &str) -> Lock {
        let lock = Lock::default();
        let waiting = Rc::downgrade(&lock.0);
        request(name, false, Box::new(move |_| waiting.upgrade().map(Lock)));
        lock
    }

    /// What the browser waits for before it lets go of the lock.
    fn held(self) -> JsValue {
        // The browser keeps the promise, and the promise keeps nothing of ours.
        let (promise, settle) = executor::promise();
        self.0.0.replace(Some(settle.unchecked_into()));
        promise
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(resolve) = self.0.take() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}
