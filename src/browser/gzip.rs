//! Compression by the browser.

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::{
    executor::{JsFuture, ignore_outcome},
    page::{call, construct, global, member},
};

/// Whether the browser can compress.
pub(crate) fn is_supported() -> bool {
    global("CompressionStream").is_function()
}

/// Compresses a text with gzip.
///
/// # Errors
/// The browser's error, if it cannot.
pub(crate) async fn gzip(text: &str) -> Result<JsValue, JsValue> {
    let stream = construct("CompressionStream", &["gzip".into()])?;
    let writer = call(&member(&stream, "writable"), "getWriter", &[])?;
    // Four times as fast as a stream that is piped through. If these calls fail, reading
    // fails too.
    let bytes = Uint8Array::from(text.as_bytes());
    ignore_outcome(&call(&writer, "write", &[bytes.into()])?);
    ignore_outcome(&call(&writer, "close", &[])?);
    let reader = construct("Response", &[member(&stream, "readable")])?;
    JsFuture::from_promise(&call(&reader, "arrayBuffer", &[])?).await
}
