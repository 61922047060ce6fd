//! The task behind the next frame, when what a navigation brings is there.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::{clock, guard, page::window, timer::Timer};

/// A page that is not painted has no frames; then the title of a navigation is
/// looked at after this long, in ms.
const WITHOUT_FRAME: f64 = 250.0;

/// Waits for the next frame. Called off when this goes.
pub(crate) struct Frame {
    request: Option<i32>,
    _painted: Closure<dyn Fn(JsValue)>,
    _timer: Rc<Timer>,
}

impl Frame {
    /// Runs `task` in a task of its own after the next frame, behind what the page does
    /// in that, or soon where there is none.
    pub fn after(now: f64, task: Rc<dyn Fn()>) -> Frame {
        let timer = Rc::new(Timer::default());
        let (later, waiting) = (Rc::clone(&task), Rc::downgrade(&timer));
        let painted = guard::function(Box::new(move |_| {
            let task = Rc::clone(&later);
            if let Some(timer) = waiting.upgrade() {
                timer.set(clock::monotonic(), move || task());
            }
        }));
        let function: &Function = painted.as_ref().unchecked_ref();
        let request = window().and_then(|it| it.request_animation_frame(function).ok());
        timer.set(now + WITHOUT_FRAME, move || task());
        Frame {
            request,
            _painted: painted,
            _timer: timer,
        }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        if let (Some(request), Some(window)) = (self.request, window()) {
            let _ = window.cancel_animation_frame(request);
        }
    }
}
