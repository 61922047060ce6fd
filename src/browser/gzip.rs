//! Compression by the browser. web-sys offers CompressionStream only with its unstable
//! flag, which a library cannot require of its users.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::{
    executor::{JsFuture, ignore_outcome},
    page::{call, global, member},
};

#[wasm_bindgen]
extern "C" {
    type CompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    #[wasm_bindgen(js_name = Response)]
    type StreamReader;

    #[wasm_bindgen(constructor, catch, js_class = "Response")]
    fn new(stream: &JsValue) -> Result<StreamReader, JsValue>;
}

/// Whether the browser can compress.
pub(crate) fn is_supported() -> bool {
    global("CompressionStream").is_function()
}

/// Compresses a text with gzip.
///
/// # Errors
/// The browser's error, if it cannot.
pub(crate) async fn gzip(text: &str) -> Result<JsValue, JsValue> {
    let stream = CompressionStream::new("gzip")?;
    let writer = call(&member(&stream, "writable"), "getWriter", &[])?;
    // Four times as fast as a stream that is piped through. If these calls fail, reading
    // fails too.
    let bytes = Uint8Array::from(text.as_bytes());
    ignore_outcome(&call(&writer, "write", &[bytes.into()])?);
    ignore_outcome(&call(&writer, "close", &[])?);
    let reader = StreamReader::new(&member(&stream, "readable"))?;
    JsFuture::from_promise(&call(&reader, "arrayBuffer", &[])?).await
}
