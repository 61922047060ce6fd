//! The timer that wakes the engine.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsValue;

use super::{clock, executor::JsFuture, guard};

/// The longest delay that browsers' timers support, in ms.
const LONGEST: f64 = 2_147_483_647.0;

/// A timer, which is cancelled when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    timeout: RefCell<Option<Timeout>>,
    /// The monotonic time that it is set to.
    wakes_at: Cell<Option<f64>>,
}

impl Timer {
    /// Runs `task` at this monotonic time, or after the longest possible delay. A timer
    /// that is set too early stays: waking up for nothing costs less than setting it
    /// anew. Returns whether a timer is set.
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
        // Rounded up to whole ms, because a timer must not fire too early.
        let wait = wait.ceil() as u32;
        let timeout = start(wait, task);
        // If the page has broken its timers, the next input wakes the engine.
        let is_set = timeout.is_some();
        self.timeout.replace(timeout);
        is_set
    }

    /// Notes that the timer fired.
    pub fn fired(&self) {
        self.wakes_at.set(None);
    }

    /// Cancels the timer.
    pub fn clear(&self) {
        self.wakes_at.set(None);
        discard(self.timeout.take());
    }
}

/// The state of a timer while it is being started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Starting,
    /// It ran while it was being started.
    RanAtOnce,
    Waiting,
}

/// Starts a timer of this many ms; `None` if the page has none. A replacement that runs
/// the task at once does not count as a timer: the task would start the next one from
/// within.
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

/// Cancels a timer. The page may have broken this function, too.
fn discard(timeout: Option<Timeout>) {
    let _ = guard::run(move || drop(timeout));
}

/// Whether the page has timers that really wait.
pub(crate) fn exist() -> bool {
    let timeout = start(0, Box::new(|| {}));
    let exist = timeout.is_some();
    discard(timeout);
    exist
}

/// Waits for the next turn of the event loop. Does not wait if there are no timers.
pub(crate) async fn next_turn() {
    let timer = Timer::default();
    let turn = JsFuture::default();
    let elapsed = turn.clone();
    let is_set = timer.set(clock::monotonic(), move || {
        elapsed.settle(Ok(JsValue::UNDEFINED));
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
