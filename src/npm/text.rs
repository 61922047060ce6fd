//! Texts of the page.

use wasm_bindgen::{JsValue, prelude::*};

// Taken as values, and read here, they are half a KB less of compressed glue
// than arguments that the glue writes into the wasm's memory before each call.
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
    /// The text as Rust has it.
    pub(super) fn read(&self) -> String {
        JsValue::as_string(self).unwrap_or_default()
    }
}

impl OptionalText {
    /// The text as Rust has it, if it is there.
    pub(super) fn read(&self) -> Option<String> {
        JsValue::as_string(self)
    }
}
