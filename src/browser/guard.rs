//! Contains failures where they happen.
//!
//! A trap of the wasm, which is what a panic becomes, and an exception that the page
//! throws through Rust frames both reach JavaScript as an exception. Therefore each
//! function given to the browser, and each call of the tracker, runs inside a call that
//! catches exceptions.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::prelude::*;

/// Runs a task.
///
/// # Errors
/// The thrown value; for a trap, a `RuntimeError`. The Rust frames in between ended
/// without running destructors.
pub(crate) fn run<T>(task: impl FnOnce() -> T) -> Result<T, JsValue> {
    let mut task = Some(task);
    let mut result = None;
    let mut once = || {
        if let Some(task) = task.take() {
            result = Some(task());
        }
    };
    call(&mut once)?;
    result.ok_or(JsValue::UNDEFINED)
}

/// A task that can be called. It is not a `dyn FnMut()`, because that can also be called
/// by value, which adds a function to the wasm for each task.
trait Task {
    fn run(&mut self);
}

impl<T: FnMut()> Task for T {
    fn run(&mut self) {
        self();
    }
}

thread_local! {
    /// How many of these calls are nested at the moment.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// How deeply these calls may be nested for code of the page. Each call whose arguments
/// call the tracker while they are read takes one level, and a `beforeSend` that calls
/// another tracker takes three. Details with 64 levels take about 20 KB of the stack for
/// each.
const MAX_DEPTH: u32 = 8;

/// Whether calls are nested too deeply: the tracker runs code of the page, which calls
/// the tracker, and so on. Going on would exhaust the stack, and all trackers would fail.
pub(crate) fn is_too_deep() -> bool {
    DEPTH.get() > MAX_DEPTH
}

/// Calls a task, and counts the level meanwhile.
fn call(task: &mut dyn Task) -> Result<(), JsValue> {
    let around = DEPTH.get();
    DEPTH.set(around + 1);
    let called = call_catching(task);
    // Restores the value rather than counting down, because a trap inside skips its own
    // counting down.
    DEPTH.set(around);
    called
}

/// Calls a task through JavaScript, where an exception can be caught.
#[cfg(target_arch = "wasm32")]
fn call_catching(task: &mut dyn Task) -> Result<(), JsValue> {
    use wasm_bindgen::closure::ScopedClosure;

    let mut task = || task.run();
    let closure: ScopedClosure<'_, dyn FnMut()> =
        ScopedClosure::borrow_mut_assert_unwind_safe(&mut task);
    let function: &js_sys::Function = closure.as_ref().unchecked_ref();
    function.call0(&JsValue::UNDEFINED).map(drop)
}

/// Outside of the wasm there is nothing to catch.
#[cfg(not(target_arch = "wasm32"))]
fn call_catching(task: &mut dyn Task) -> Result<(), JsValue> {
    task.run();
    Ok(())
}

thread_local! {
    static ON_FAILURE: Cell<Option<fn(&JsValue)>> = const { Cell::new(None) };
}

/// Sets the function that is called when a function given to the browser fails.
pub(crate) fn on_failure(report: fn(&JsValue)) {
    ON_FAILURE.set(Some(report));
}

fn failed(error: &JsValue) {
    if let Some(report) = ON_FAILURE.get() {
        // After a failure this may fail, too.
        let _ = run(|| report(error));
    }
}

/// Runs a task, and reports a failure to the function set by [`on_failure`].
pub(crate) fn attempt(task: impl FnOnce()) {
    let mut task = Some(task);
    attempt_call(&mut || {
        if let Some(task) = task.take() {
            task();
        }
    });
}

fn attempt_call(task: &mut dyn Task) {
    if let Err(error) = call(task) {
        failed(&error);
    }
}

/// A function that can be given to the browser. All have the same type, because the page
/// would download the code for each further type, in the wasm and in the glue.
pub(crate) type Function = Closure<dyn Fn(JsValue) -> JsValue>;

/// A function that the browser calls with one argument, and its result. It is a trait for
/// the same reason as [`Task`].
pub(crate) trait Callback {
    fn call(&self, argument: &JsValue) -> JsValue;
}

impl<T: Fn(&JsValue)> Callback for T {
    fn call(&self, argument: &JsValue) -> JsValue {
        self(argument);
        JsValue::UNDEFINED
    }
}

/// A function without a result.
pub(crate) fn function(task: impl Fn(&JsValue) + 'static) -> Function {
    function_of(Box::new(task))
}

// Takes a box, because a generic function would be compiled, and downloaded, for every
// closure.
fn function_of(task: Box<dyn Callback>) -> Function {
    Closure::own_assert_unwind_safe(move |argument: JsValue| {
        let mut result = JsValue::UNDEFINED;
        attempt_call(&mut || result = task.call(&argument));
        result
    })
}

/// A task that is called once and has a result.
type OnceTask = Box<dyn FnOnce(&JsValue) -> JsValue>;

/// A task that is called once, and the function that lives until then.
struct Once {
    task: Cell<Option<OnceTask>>,
    function: Rc<Cell<Option<Function>>>,
}

impl Callback for Once {
    fn call(&self, argument: &JsValue) -> JsValue {
        self.function.take();
        let task = self.task.take();
        task.map_or(JsValue::UNDEFINED, |task| task(argument))
    }
}

/// A function that is called once and has a result: `undefined` if it fails.
pub(crate) fn function_once(task: OnceTask) -> JsValue {
    let own = Rc::new(Cell::new(None));
    let function = function_of(Box::new(Once {
        task: Cell::new(Some(task)),
        function: Rc::clone(&own),
    }));
    let result = function.as_ref().clone();
    own.set(Some(function));
    result
}
