//! Runs a task after the next frame, when the results of a navigation are in place.

use std::cell::RefCell;

use natero_engine::host_constants::MAX_TITLE_WAIT;
use wasm_bindgen::JsValue;

use super::{
    clock, guard,
    page::{call, global_this},
    timer::Timer,
};

/// Waits for the next frame.
#[derive(Default)]
pub(crate) struct Frame {
    request: RefCell<Option<FrameRequest>>,
    timer: Timer,
}

/// The function that the browser calls with the next frame, unless this is dropped.
struct FrameRequest {
    id: JsValue,
    _on_frame: guard::Function,
}

impl Frame {
    /// Runs `task` in a task of its own after the next frame, and so after the page's own
    /// work in it, or soon if there are no frames.
    pub fn run(&'static self, task: impl Fn() + Copy + 'static) {
        self.cancel();
        let on_frame = guard::function(move |_| {
            // Without timers there is no later task.
            if !self.timer.set(clock::monotonic(), task) {
                task();
            }
        });
        let arguments = [on_frame.as_ref().clone()];
        let id = call(&global_this(), "requestAnimationFrame", &arguments);
        let id = id.unwrap_or(JsValue::UNDEFINED);
        self.timer.set(clock::monotonic() + MAX_TITLE_WAIT.0, task);
        self.request.replace(Some(FrameRequest {
            id,
            _on_frame: on_frame,
        }));
    }

    /// Cancels the waiting task.
    pub fn cancel(&self) {
        self.timer.clear();
        self.request.take();
    }
}

impl Drop for FrameRequest {
    fn drop(&mut self) {
        let arguments = [self.id.clone()];
        let _ = call(&global_this(), "cancelAnimationFrame", &arguments);
    }
}
