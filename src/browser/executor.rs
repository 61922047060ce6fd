//! Runs futures in the page. wasm-bindgen-futures is made for programs that consist of
//! futures. Here there are only a few, and they wait for nothing but [`JsFuture`].

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use super::{guard, page::construct};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = queueMicrotask)]
    fn queue_microtask(task: &JsValue) -> Result<(), JsValue>;

    type Thenable;

    #[wasm_bindgen(method, catch)]
    fn then(this: &Thenable, resolved: &JsValue, rejected: &JsValue) -> Result<JsValue, JsValue>;
}

/// A future whose result nobody awaits.
type Running = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    /// The waiting futures, each with its number. The future being polled is not among
    /// them.
    static WAITING: RefCell<Vec<(u32, Running)>> = const { RefCell::new(Vec::new()) };

    /// The number of the future that is polled, or was polled last.
    static POLLED: Cell<u32> = const { Cell::new(0) };

    static LAST: Cell<u32> = const { Cell::new(0) };
}

/// Runs a task when the current task of the page ends.
pub(crate) fn later(task: impl FnOnce() + 'static) {
    in_microtask(Box::new(task));
}

fn in_microtask(task: Box<dyn FnOnce()>) {
    let task = guard::function_once(Box::new(move |_| {
        task();
        JsValue::UNDEFINED
    }));
    // If `queueMicrotask` is missing or throws, a promise also gives a microtask.
    if queue_microtask(&task).is_err() {
        let settled = Promise::resolve(&JsValue::UNDEFINED);
        let settled: &Thenable = settled.unchecked_ref();
        let _ = settled.then(&task, &JsValue::UNDEFINED);
    }
}

/// Polls a future until it is ready, first when the current task ends. A trap or
/// exception within ends it.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    run(Box::pin(future));
}

fn run(future: Running) {
    let number = LAST.get().wrapping_add(1);
    LAST.set(number);
    later(move || poll(number, future));
}

fn poll(number: u32, mut future: Running) {
    let before = POLLED.replace(number);
    let polled = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    POLLED.set(before);
    if polled.is_pending() {
        WAITING.with_borrow_mut(|waiting| waiting.push((number, future)));
    }
}

fn resume(number: u32) {
    let found = WAITING.with_borrow_mut(|waiting| {
        let at = waiting.iter().position(|(it, _)| *it == number)?;
        Some(waiting.swap_remove(at).1)
    });
    if let Some(future) = found {
        poll(number, future);
    }
}

/// The future outcome of something in the page. Only futures run by [`spawn`] can await
/// it.
#[derive(Clone, Default)]
pub(crate) struct JsFuture(Rc<State>);

#[derive(Default)]
struct State {
    outcome: Cell<Option<Result<JsValue, JsValue>>>,
    /// The number of the future that awaits it.
    waiting: Cell<Option<u32>>,
    /// The functions that the page calls, until it has called one.
    callbacks: Cell<Option<[guard::Function; 2]>>,
}

impl JsFuture {
    /// The outcome of a promise. A value that is not a promise is its own outcome,
    /// available at once.
    pub fn from_promise(promise: &JsValue) -> JsFuture {
        let future = JsFuture::default();
        let [resolved, rejected] = [Ok, Err].map(|outcome: fn(_) -> _| {
            let future = future.clone();
            guard::function(move |value| future.settle(outcome(value.clone())))
        });
        let promise = Promise::resolve(promise);
        let promise: &Thenable = promise.unchecked_ref();
        match promise.then(resolved.as_ref(), rejected.as_ref()) {
            Ok(_) => future.0.callbacks.set(Some([resolved, rejected])),
            Err(error) => future.settle(Err(error)),
        }
        future
    }

    /// Sets the outcome, and continues the future that awaits it.
    pub fn settle(&self, outcome: Result<JsValue, JsValue>) {
        self.0.callbacks.take();
        self.0.outcome.set(Some(outcome));
        if let Some(waiting) = self.0.waiting.take() {
            resume(waiting);
        }
    }
}

impl Future for JsFuture {
    type Output = Result<JsValue, JsValue>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                self.0.waiting.set(Some(POLLED.get()));
                Poll::Pending
            }
        }
    }
}

/// A promise, and the function that resolves it; `undefined` if the page has no promises.
pub(crate) fn promise() -> (JsValue, JsValue) {
    let settle = Rc::new(Cell::new(JsValue::UNDEFINED));
    let resolve_slot = Rc::clone(&settle);
    let executor = guard::function(move |it| resolve_slot.set(it.clone()));
    let promise = construct("Promise", &[executor.as_ref().clone()]);
    (promise.unwrap_or(JsValue::UNDEFINED), settle.take())
}

/// Ignores the outcome of a promise, so that a rejection is not reported as unhandled.
pub(crate) fn ignore_outcome(promise: &JsValue) {
    drop(JsFuture::from_promise(promise));
}
