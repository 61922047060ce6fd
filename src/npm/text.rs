//! Texts that the page passes in.

use wasm_bindgen::{JsValue, prelude::*};

// Texts are passed as values and read here. That takes 0.5 KB less of compressed glue
// than arguments, which the glue copies into the wasm's memory before each call.
#[wasm_bindgen]
extern "C" {
    /// A text.
    #[wasm_bindgen(typescript_type = "string")]
    pub type Text;

    /// A text that may be missing.
    #[wasm_bindgen(typescript_type = "string | undefined")]
    pub type OptionalText;
}

impl Text {
    /// Copies the text to Rust.
    pub(super) fn read(&self) -> String {
        JsValue::as_string(self).unwrap_or_default()
    }
}

impl OptionalText {
    /// Copies the text to Rust, if it is there.
    pub(super) fn read(&self) -> Option<String> {
        JsValue::as_string(self)
    }
}
