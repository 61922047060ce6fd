//! The timer that wakes the engine.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;

use super::{clock, executor::Settled, guard};

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
        let timeout = start(wait, task);
        // Where the page has broken its timers, whatever happens next wakes the engine.
        let is_set = timeout.is_some();
        self.timeout.replace(timeout);
        is_set
    }

    /// Notes that the time came.
    pub fn rang(&self) {
        self.wakes_at.set(None);
    }

    /// Calls it off.
    pub fn clear(&self) {
        self.wakes_at.set(None);
        discard(self.timeout.take());
    }
}

/// How far a timer is that is being started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Starting,
    /// It ran while it was started.
    RanAtOnce,
    Waiting,
}

/// Starts a timer of so many ms; nothing where the page has none. What runs a task at
/// once is no timer: the task would start the next one within.
fn start(wait: u32, task: Box<dyn FnOnce()>) -> Option<Timeout> {
    let stage = Rc::new(Cell::new(Stage::Starting));
    let of_task = Rc::clone(&stage);
    let due = move || match of_task.get() {
        Stage::Starting => of_task.set(Stage::RanAtOnce),
        Stage::RanAtOnce => {}
        Stage::Waiting => guard::attempt(task),
    };
    let timeout = guard::run(|| Timeout::new(wait, due)).ok()?;
    if stage.get() == Stage::RanAtOnce {
        discard(Some(timeout));
        return None;
    }
    stage.set(Stage::Waiting);
    Some(timeout)
}

/// Calls a timer off. The page may have broken this, too.
fn discard(timeout: Option<Timeout>) {
    let _ = guard::run(move || drop(timeout));
}

/// Whether timers of this page wait.
pub(crate) fn exist() -> bool {
    let timeout = start(0, Box::new(|| {}));
    let exist = timeout.is_some();
    discard(timeout);
    exist
}

/// Waits for the next turn of the event loop; not at all where there are no timers.
pub(crate) async fn next_turn() {
    let timer = Timer::default();
    let turn = Settled::default();
    let came = turn.clone();
    let is_set = timer.set(clock::monotonic(), move || {
        came.settle(Ok(JsValue::UNDEFINED));
    });
    if is_set {
        let _ = turn.await;
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.clear();
    }
}
