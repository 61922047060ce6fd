//! Compression by the browser. web-sys has CompressionStream behind its unstable
//! flag, which a library cannot ask of its users.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use super::{
    executor::{Settled, ignore},
    page::global,
};

#[wasm_bindgen]
extern "C" {
    type CompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    #[wasm_bindgen(method, getter, catch)]
    fn readable(this: &CompressionStream) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter, catch)]
    fn writable(this: &CompressionStream) -> Result<Writable, JsValue>;

    type Writable;

    #[wasm_bindgen(method, catch, js_name = getWriter)]
    fn get_writer(this: &Writable) -> Result<Writer, JsValue>;

    type Writer;

    #[wasm_bindgen(method, catch)]
    fn write(this: &Writer, chunk: &Uint8Array) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn close(this: &Writer) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = Response)]
    type StreamReader;

    #[wasm_bindgen(constructor, catch, js_class = "Response")]
    fn new(stream: &JsValue) -> Result<StreamReader, JsValue>;

    #[wasm_bindgen(method, catch, js_name = arrayBuffer)]
    fn array_buffer(this: &StreamReader) -> Result<JsValue, JsValue>;
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
    let writer = stream.writable()?.get_writer()?;
    // Four times as quick as a stream that is piped through. If these fail, reading
    // does, too.
    ignore(&writer.write(&Uint8Array::from(text.as_bytes()))?);
    ignore(&writer.close()?);
    let reader = StreamReader::new(&stream.readable()?)?;
    Settled::of(&reader.array_buffer()?).await
}
