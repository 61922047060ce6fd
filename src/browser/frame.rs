//! Runs a task after the next frame, when the results of a navigation are in place.

use std::cell::RefCell;

use js_sys::Function;
use natero_engine::host_constants::MAX_TITLE_WAIT;
use wasm_bindgen::JsCast;

use super::{clock, guard, page::window, timer::Timer};

/// Waits for the next frame.
#[derive(Default)]
pub(crate) struct Frame {
    request: RefCell<Option<FrameRequest>>,
    timer: Timer,
}

/// The function that the browser calls with the next frame, unless this is dropped.
struct FrameRequest {
    id: Option<i32>,
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
        let function: &Function = on_frame.as_ref().unchecked_ref();
        let id = window().and_then(|it| it.request_animation_frame(function).ok());
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
        if let (Some(id), Some(window)) = (self.id, window()) {
            let _ = window.cancel_animation_frame(id);
        }
    }
}
