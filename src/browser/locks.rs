//! Web Locks tell which pages live: if the lock of a part of the storage is free, its
//! page is closed.
//!
//! web-sys offers them only with its unstable flag, which a library cannot require of its
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

/// Whether the browser has locks.
pub(crate) fn exist() -> bool {
    manager().is_some()
}

/// Requests a lock. `granted` is called once nobody else holds it. With `only_if_free` it
/// is called at once, with `false` if somebody holds the lock. The lock is held until the
/// result of `granted` is dropped.
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
        Some(lock) => lock.into_promise(),
        None => JsValue::UNDEFINED,
    });
    let granted = guard::function_once(granted);
    // Without a lock, other pages may adopt what this page stores. Sending events twice
    // is better than losing them.
    if let Ok(requested) = call(&manager, "request", &[name.into(), options.into(), granted]) {
        executor::ignore_outcome(&requested);
    }
}

/// A lock that is requested or held, until this and every clone of it are dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lock(Rc<Release>);

/// The function that releases the lock, once it is granted.
#[derive(Debug, Default)]
struct Release(RefCell<Option<Function>>);

impl Lock {
    /// Holds the lock of this name as soon as nobody else does.
    pub fn hold(name: &str) -> Lock {
        let lock = Lock::default();
        let waiting = Rc::downgrade(&lock.0);
        request(name, false, Box::new(move |_| waiting.upgrade().map(Lock)));
        lock
    }

    /// The promise that the browser awaits before it releases the lock.
    fn into_promise(self) -> JsValue {
        // The browser holds the promise, which holds nothing of ours.
        let (promise, settle) = executor::promise();
        self.0.0.replace(Some(settle.unchecked_into()));
        promise
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        if let Some(resolve) = self.0.take() {
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }
}
