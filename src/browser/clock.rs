//! The two clocks.

use std::cell::Cell;

use natero_engine::{Mono, Now, Wall};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = performance, js_name = now)]
    fn performance_now() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Date, js_name = now)]
    fn date_now() -> Result<JsValue, JsValue>;

    type PageDate;

    #[wasm_bindgen(constructor, catch, js_class = "Date")]
    fn new() -> Result<PageDate, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getTime)]
    fn get_time(this: &PageDate) -> Result<JsValue, JsValue>;
}

thread_local! {
    /// The latest reading of the monotonic clock.
    static LATEST: Cell<f64> = const { Cell::new(0.0) };
}

/// The time by both clocks.
pub(crate) fn now() -> Now {
    Now {
        mono: Mono(monotonic()),
        wall: Wall(wall()),
    }
}

/// The monotonic time in ms, which is made of the wall clock where there is no such
/// one. It stands still when that goes back, or a clock that the page has made.
pub(crate) fn monotonic() -> f64 {
    let told = reading(performance_now()).unwrap_or_else(wall);
    let latest = LATEST.get().max(told);
    LATEST.set(latest);
    latest
}

/// The wall time in ms since the epoch; 0 where the page has taken both ways to it.
pub(crate) fn wall() -> f64 {
    let told = reading(date_now());
    told.or_else(|| reading(PageDate::new().and_then(|date| date.get_time())))
        .unwrap_or(0.0)
}

fn reading(answer: Result<JsValue, JsValue>) -> Option<f64> {
    answer.ok()?.as_f64().filter(|now| now.is_finite())
}
