//! Runs a task after the next frame, when the results of a navigation are in place.

use std::cell::RefCell;

use js_sys::Function;
use wasm_bindgen::JsCast;

use super::{clock, guard, page::window, timer::Timer};

/// A hidden page has no frames. Then the title of a navigation is read after this long,
/// in ms.
const WITHOUT_FRAME: f64 = 250.0;

/// Waits for the next frame.
#[derive(Default)]
pub(crate) struct Frame {
    asked: RefCell<Option<Asked>>,
    timer: Timer,
}

/// The function that the browser calls with the next frame, unless this is dropped.
struct Asked {
    request: Option<i32>,
    _painted: guard::Function,
}

impl Frame {
    /// Runs `task` in a task of its own after the next frame, and so after the page's own
    /// work in it, or soon if there are no frames.
    pub fn run(&'static self, task: impl Fn() + Copy + 'static) {
        self.call_off();
        let painted = guard::function(move |_| {
            self.timer.set(clock::monotonic(), task);
        });
        let function: &Function = painted.as_ref().unchecked_ref();
        let request = window().and_then(|it| it.request_animation_frame(function).ok());
        self.timer.set(clock::monotonic() + WITHOUT_FRAME, task);
        self.asked.replace(Some(Asked {
            request,
            _painted: painted,
        }));
    }

    /// Cancels the waiting task.
    pub fn call_off(&self) {
        self.timer.clear();
        self.asked.take();
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let (Some(request), Some(window)) = (self.request, window()) {
            let _ = window.cancel_animation_frame(request);
        }
    }
}
