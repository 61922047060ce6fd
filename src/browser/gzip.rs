//! Compression by the browser. web-sys has CompressionStream behind its unstable
//! flag, which a library cannot ask of its users.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::{
    executor::{Settled, ignore},
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

/// The browser can compress.
pub(crate) fn is_there() -> bool {
    global("CompressionStream").is_function()
}

/// A text as gzip makes it.
///
/// # Errors
/// Where the browser cannot, with what it says.
pub(crate) async fn gzip(text: &str) -> Result<JsValue, JsValue> {
    let stream = CompressionStream::new("gzip")?;
    let writer = call(&member(&stream, "writable"), "getWriter", &[])?;
    // Four times as quick as a stream that is piped through. If these fail, reading
    // does, too.
    let bytes = Uint8Array::from(text.as_bytes());
    ignore(&call(&writer, "write", &[bytes.into()])?);
    ignore(&call(&writer, "close", &[])?);
    let reader = StreamReader::new(&member(&stream, "readable"))?;
    Settled::of(&call(&reader, "arrayBuffer", &[])?).await
}
