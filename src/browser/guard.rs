//! Keeps what goes wrong where it goes wrong.
//!
//! A trap of the wasm, which is what a panic becomes, and an exception that the
//! page throws through Rust frames both reach JavaScript as an exception. Each
//! function that the browser is given, and each call of the tracker, runs behind
//! a call that catches it.

use std::{cell::Cell, rc::Rc};

use wasm_bindgen::prelude::*;

/// Runs a task.
///
/// # Errors
/// With what was thrown: of a trap, a `RuntimeError`. The frames between were left
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

/// What is called. A `dyn FnMut()` is one that can be called by value, too, which is a
/// function more in the wasm for each task.
trait Task {
    fn go(&mut self);
}

impl<T: FnMut()> Task for T {
    fn go(&mut self) {
        self();
    }
}

thread_local! {
    /// How many of these calls are under way, each within the one before.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// So many of these calls within each other are made for a page. It takes one for each
/// call whose arguments call the tracker as they are read, and three where `beforeSend`
/// calls another tracker; details of 64 levels take some 20 KB of the stack for each.
const DEEPEST: u32 = 8;

/// The code of the page that runs calls the tracker, which runs code of the page, and so
/// on: to go on with that would exhaust the stack, and every tracker with it.
pub(crate) fn is_too_deep() -> bool {
    DEPTH.get() > DEEPEST
}

/// Calls a task, and counts that for as long as it takes.
fn call(task: &mut dyn Task) -> Result<(), JsValue> {
    let around = DEPTH.get();
    DEPTH.set(around + 1);
    let called = caught(task);
    // Set rather than counted back: a trap within left without that.
    DEPTH.set(around);
    called
}

/// Calls a task by way of JavaScript, where an exception can be caught.
#[cfg(target_arch = "wasm32")]
fn caught(task: &mut dyn Task) -> Result<(), JsValue> {
    use wasm_bindgen::closure::ScopedClosure;

    let mut task = || task.go();
    let closure: ScopedClosure<'_, dyn FnMut()> =
        ScopedClosure::borrow_mut_assert_unwind_safe(&mut task);
    let function: &js_sys::Function = closure.as_ref().unchecked_ref();
    function.call0(&JsValue::UNDEFINED).map(drop)
}

/// There is nothing to catch outside of the wasm.
#[cfg(not(target_arch = "wasm32"))]
fn caught(task: &mut dyn Task) -> Result<(), JsValue> {
    task.go();
    Ok(())
}

thread_local! {
    static WHEN_FAILED: Cell<Option<fn(&JsValue)>> = const { Cell::new(None) };
}

/// Says who is told when something went wrong within a function of ours.
pub(crate) fn when_failed(tell: fn(&JsValue)) {
    WHEN_FAILED.set(Some(tell));
}

fn failed(error: &JsValue) {
    if let Some(tell) = WHEN_FAILED.get() {
        // It cannot be trusted to go well after a failure.
        let _ = run(|| tell(error));
    }
}

/// Runs a task, and tells whoever wants to know where it fails.
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

/// A function that can be given to the browser. All are of one kind: a page would download
/// what makes each of them, here and in the glue.
pub(crate) type Function = Closure<dyn Fn(JsValue) -> JsValue>;

/// What the browser calls with one argument, and what it is given back. It is a trait for
/// the same reason as [`Task`].
pub(crate) trait Called {
    fn call(&self, argument: &JsValue) -> JsValue;
}

impl<T: Fn(&JsValue)> Called for T {
    fn call(&self, argument: &JsValue) -> JsValue {
        self(argument);
        JsValue::UNDEFINED
    }
}

/// A function that gives nothing back.
pub(crate) fn function(task: impl Fn(&JsValue) + 'static) -> Function {
    function_of(Box::new(task))
}

// It takes a box: a page would download it once for every closure.
fn function_of(task: Box<dyn Called>) -> Function {
    Closure::own_assert_unwind_safe(move |argument: JsValue| {
        let mut given = JsValue::UNDEFINED;
        attempt_call(&mut || given = task.call(&argument));
        given
    })
}

/// A task that is called once, and gives something back.
type OnceTask = Box<dyn FnOnce(&JsValue) -> JsValue>;

/// What is called once, and the function that lives until then.
struct Once {
    task: Cell<Option<OnceTask>>,
    function: Rc<Cell<Option<Function>>>,
}

impl Called for Once {
    fn call(&self, argument: &JsValue) -> JsValue {
        self.function.take();
        let task = self.task.take();
        task.map_or(JsValue::UNDEFINED, |task| task(argument))
    }
}

/// A function that is called once and gives something back: `undefined` where it
/// fails.
pub(crate) fn function_once(task: OnceTask) -> JsValue {
    let own = Rc::new(Cell::new(None));
    let function = function_of(Box::new(Once {
        task: Cell::new(Some(task)),
        function: Rc::clone(&own),
    }));
    let given = function.as_ref().clone();
    own.set(Some(function));
    given
}
