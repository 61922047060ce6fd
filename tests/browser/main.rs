//! The Rust host in a browser: a tracker in a page whose network the test controls.

#![cfg(target_arch = "wasm32")]

mod answers;
#[cfg(feature = "class")]
mod class;
#[cfg(feature = "class")]
mod class_handles;
mod clock;
mod construction;
mod cookies;
mod endings;
mod errors;
mod lifecycle;
mod navigation;
mod network;
mod packing;
mod page;
mod storage;
mod surface;
mod transport;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
