//! The page's side.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// What performs the engine's effects. It may call back into
    /// [`crate::Core`], and it never throws: it catches what code of the host
    /// page may throw within it.
    pub type Host;

    /// Performs an effect: `op` is one of the numbers in `encode.rs`, which
    /// also says what the others mean for it.
    #[wasm_bindgen(method)]
    pub fn effect(this: &Host, op: u8, text: &str, a: f64, b: f64, c: f64, d: f64);
}
