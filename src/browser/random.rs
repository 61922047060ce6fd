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
    if !crypto.is_undefined() && crypto.get_random_values_with_u8_array(&mut bytes).is_ok() {
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        return Seed(words);
    }
    // `Math.random` may have been seeded alike in all tabs. The times distinguish them.
    for word in &mut words {
        let fraction = math_random().ok().and_then(|it| it.as_f64()).unwrap_or(0.0);
        let mixed = fraction * 4_294_967_296.0 + clock::wall() + clock::monotonic() * 1e6;
        // The lowest 32 bits.
        *word = mixed as u64 as u32;
    }
    Seed(words)
}
