//! Randomness for the ids.

use natero_engine::Seed;
use wasm_bindgen::prelude::*;
use web_sys::Crypto;

use super::{clock, page};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Math, js_name = random)]
    fn math_random() -> Result<JsValue, JsValue>;
}

/// 128 random bits.
pub(crate) fn seed() -> Seed {
    let mut bytes = [0; 16];
    let mut words = [0; 4];
    let crypto: Crypto = page::global("crypto").unchecked_into();
    // If it fails, the bytes stay 0.
    if !crypto.is_undefined() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    // The page may have replaced it by something that gives the same to all tabs, and
    // `Math.random` too. The times distinguish them.
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        let fraction = math_random().ok().and_then(|it| it.as_f64()).unwrap_or(0.0);
        let mixed = fraction * 4_294_967_296.0 + clock::wall() + clock::monotonic() * 1e6;
        // The lowest 32 bits.
        *word = u32::from_le_bytes(*bytes).wrapping_add(mixed as u64 as u32);
    }
    Seed(words)
}
