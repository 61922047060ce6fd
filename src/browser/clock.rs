//! Both clocks, and timers. Not gloo-timers: it makes a new closure for every
//! timer, and a trap within one would reach the page.

use js_sys::Function;
use natero_engine::Now;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn mono() -> f64;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn wall() -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(f: &Function, ms: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

pub(crate) fn now() -> Now {
    Now {
        mono: mono(),
        wall: wall(),
    }
}

pub(crate) fn set_timer(f: &Function, ms: f64) -> JsValue {
    set_timeout(f, ms)
}

pub(crate) fn clear_timer(timer: &JsValue) {
    clear_timeout(timer);
}
