//! The timer that wakes the engine.

use std::cell::{Cell, RefCell};

use gloo_timers::callback::Timeout;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::{clock, guard};

/// The longest wait that timers of browsers keep to, in ms.
const LONGEST: f64 = 2_147_483_647.0;

/// One timer. It is called off when this goes.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    timeout: RefCell<Option<Timeout>>,
    /// The monotonic time for which it is set.
    wakes_at: Cell<Option<f64>>,
}

impl Timer {
    /// Runs `task` at this monotonic time, or when timers have to end. One that is
    /// set too early stays: waking for nothing costs less than setting it anew. Tells
    /// whether it is set.
    pub fn set(&self, due: f64, task: impl FnOnce() + 'static) -> bool {
        self.set_boxed(due, Box::new(task))
    }

    fn set_boxed(&self, due: f64, task: Box<dyn FnOnce()>) -> bool {
        if self.wakes_at.get().is_some_and(|at| at <= due) {
            return self.timeout.borrow().is_some();
        }
        self.clear();
        self.wakes_at.set(Some(due));
        let wait = (due - clock::monotonic()).clamp(0.0, LONGEST);
        // The fraction of a ms is waited for, too: a timer must not come too early.
        let wait = wait.ceil() as u32;
        let timeout = guard::run(|| Timeout::new(wait, move || guard::attempt(task)));
        // Where the page has broken its timers, whatever happens next wakes the engine.
        let is_set = timeout.is_ok();
        self.timeout.replace(timeout.ok());
        is_set
    }

    /// Notes that the time came.
    pub fn rang(&self) {
        self.wakes_at.set(None);
    }

    /// Calls it off.
    pub fn clear(&self) {
        self.wakes_at.set(None);
        let timeout = self.timeout.take();
        // The page may have broken this, too.
        let _ = guard::run(move || drop(timeout));
    }
}

/// Waits for the next turn of the event loop.
pub(crate) async fn next_turn() {
    let timer = Timer::default();
    let turn = Promise::new(&mut |settle, _| {
        timer.set(clock::monotonic(), move || {
            let _ = settle.call0(&JsValue::UNDEFINED);
        });
    });
    let _ = JsFuture::from(turn).await;
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clear();
    }
}
