//! Runs a task after the next frame, when the results of a navigation are in place.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::JsCast;

use super::{clock, guard, page::window, timer::Timer};

/// A hidden page has no frames. Then the title of a navigation is read after this long,
/// in ms.
const LONGEST_FRAME: f64 = 250.0;

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
            self.timer.set(clock::monotonic(), task);
        });
        let function: &Function = on_frame.as_ref().unchecked_ref();
        let id = window().and_then(|it| it.request_animation_frame(function).ok());
        self.timer.set(clock::monotonic() + LONGEST_FRAME, task);
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
