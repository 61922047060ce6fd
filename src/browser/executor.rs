//! Runs futures in microtasks of the page. That of wasm-bindgen-futures does as much for
//! programs that consist of futures; here there are a few, and a page downloads 0.7 KB less.

use std::{
    cell::RefCell,
    pin::Pin,
    sync::Arc,
    task::{Context, Wake, Waker},
};

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::guard;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = queueMicrotask)]
    fn queue_microtask(task: &JsValue) -> Result<(), JsValue>;

    type Thenable;

    #[wasm_bindgen(method, catch)]
    fn then(this: &Thenable, task: &JsValue) -> Result<JsValue, JsValue>;
}

/// A future that nobody waits for.
pub(crate) type Running = Pin<Box<dyn Future<Output = ()>>>;

/// The futures that are not ready, each with its number. Those that are polled are not
/// among them.
#[derive(Default)]
struct Pending {
    next: u32,
    futures: Vec<(u32, Running)>,
}

thread_local! {
    static PENDING: RefCell<Pending> = RefCell::default();
}

/// Wakes the future of a number. A waker may be on another thread than its future, where
/// no future has that number.
struct Number(u32);

impl Wake for Number {
    fn wake(self: Arc<Self>) {
        schedule(self.0);
    }
}

/// Polls a future until it is ready, first when the current task ends.
pub(crate) fn run(future: Running) {
    let number = PENDING.with_borrow_mut(|pending| {
        let number = pending.next;
        pending.next = number.wrapping_add(1);
        pending.futures.push((number, future));
        number
    });
    schedule(number);
}

/// Polls a future in a microtask. What fails there ends it.
fn schedule(number: u32) {
    let task = guard::function_once(Box::new(move |_| {
        poll(number);
        JsValue::UNDEFINED
    }));
    // Where there is no such function, or it throws, promises have microtasks, too.
    if queue_microtask(&task).is_err() {
        let settled = Promise::resolve(&JsValue::UNDEFINED);
        let _ = settled.unchecked_ref::<Thenable>().then(&task);
    }
}

fn poll(number: u32) {
    let found = PENDING.with_borrow_mut(|pending| {
        let futures = &mut pending.futures;
        let at = futures.iter().position(|(it, _)| *it == number)?;
        Some(futures.swap_remove(at).1)
    });
    // One that was woken twice may be ready since.
    let Some(mut future) = found else {
        return;
    };
    let waker = Waker::from(Arc::new(Number(number)));
    let is_ready = future
        .as_mut()
        .poll(&mut Context::from_waker(&waker))
        .is_ready();
    if !is_ready {
        PENDING.with_borrow_mut(|pending| pending.futures.push((number, future)));
    }
}
