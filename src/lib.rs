//! Binds the engine to a page.

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of the tracker.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
