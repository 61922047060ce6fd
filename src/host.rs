//! What the JS facade does for the engine.

use js_sys::Function;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// The facade's side. None of its methods throws: each catches what code
    /// of the host page may throw within it.
    pub type Host;

    /// Tells the developer, and `onError` unless it is a warning.
    #[wasm_bindgen(method)]
    pub fn report(this: &Host, code: &str, message: &str, dropped: u32, warning: bool);

    /// Prints a line.
    #[wasm_bindgen(method)]
    pub fn debug(this: &Host, line: &str);

    /// Settles the promise of a flush.
    #[wasm_bindgen(method)]
    pub fn flushed(this: &Host, id: u32, delivered: u32, pending: u32, rejected: u32);

    /// Gives an event to `beforeSend`: the event to keep, `null` where it was
    /// dropped, `undefined` where the function threw.
    #[wasm_bindgen(method)]
    pub fn filter(this: &Host, line: &str) -> wasm_bindgen::JsValue;

    /// Posts a batch; the answer comes by [`crate::Core::answered`]. Fetching
    /// stays in JS: a chain of promises is a few lines there, and some KB of
    /// futures or closures here.
    #[wasm_bindgen(method)]
    pub fn post(this: &Host, id: u32, url: &str, body: &str, keepalive: bool, unloading: bool);

    /// A function that calls `f` and keeps a trap within the tracker.
    #[wasm_bindgen(method)]
    pub fn guard(this: &Host, f: &Function) -> Function;
}
