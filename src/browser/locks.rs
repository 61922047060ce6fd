//! Web Locks tell which pages live: if the lock of a part of the storage is free, its
//! page is closed.
//!
//! web-sys offers them only with its unstable flag, which a library cannot require of its
//! users.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};

use super::{
    executor::{self, JsFuture},
    guard,
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

thread_local! {
    /// The last request had no answer: something on the page has replaced the function that
    /// requests a lock.
    static ARE_BROKEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether the browser has locks that work, as far as that is known.
pub(crate) fn work() -> bool {
    !ARE_BROKEN.get() && exist()
}

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The lock is held until the result of the callback is dropped.
    Granted,
    /// Somebody else holds it.
    Denied,
    /// There are no locks that work.
    Missing,
}

/// Requests a lock. `answered` is called once nobody else holds it, or as soon as it is known that
/// there are no locks that work. With `only_if_free` it is called at once if somebody holds the
/// lock.
pub(crate) fn request(
    name: &str,
    only_if_free: bool,
    answered: Box<dyn FnOnce(Answer) -> Option<Lock>>,
) {
    let answered = Rc::new(Cell::new(Some(answered)));
    let unanswered = Rc::clone(&answered);
    let granted = guard::function_once(Box::new(move |lock| {
        ARE_BROKEN.set(false);
        let answer = if lock.is_null() {
            Answer::Denied
        } else {
            Answer::Granted
        };
        match answered.take().and_then(|answered| answered(answer)) {
            Some(lock) => lock.into_promise(),
            None => JsValue::UNDEFINED,
        }
    }));
    let options = object();
    put(&options, "ifAvailable", &only_if_free.into());
    let manager = manager().unwrap_or(JsValue::UNDEFINED);
    let requested = call(&manager, "request", &[name.into(), options.into(), granted]);
    let requested = requested.map(|requested| JsFuture::from_promise(&requested));
    executor::spawn(async move {
        if let Ok(requested) = requested {
            // A lock can also be lost after it was granted.
            let _ = requested.await;
        }
        if let Some(answered) = unanswered.take() {
            ARE_BROKEN.set(true);
            answered(Answer::Missing);
        }
    });
}

/// A lock that is requested or held, until this and every clone of it are dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lock(Rc<Release>);

/// The function that releases the lock, once it is granted.
#[derive(Debug, Default)]
struct Release(RefCell<Option<Function>>);

impl Lock {
    /// Holds the lock of this name as soon as nobody else does. `missing` is called when it is known
    /// that there are no locks that work. Then other pages may adopt what this page stores. Sending
    /// events twice is better than losing them.
    pub fn hold(name: &str, missing: impl FnOnce() + 'static) -> Lock {
        let lock = Lock::default();
        let waiting = Rc::downgrade(&lock.0);
        let answered = Box::new(move |answer| {
            if answer == Answer::Missing {
                missing();
                return None;
            }
            waiting.upgrade().map(Lock)
        });
        request(name, false, answered);
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
