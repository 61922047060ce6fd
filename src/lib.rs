//! Binds the engine to a page.
//!
//! Nothing is decided here, and nothing is done: numbers and text become
//! inputs of the engine, and its effects become numbers and text. `js/core.ts`
//! is the other side. The crossing is written by hand because that is
//! measurably smaller than wasm-bindgen's: all functions take numbers, text
//! goes through one buffer, and the module imports nothing. ARCHITECTURE.md
//! has the measurements.

#[cfg(target_arch = "wasm32")]
mod alloc;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod numbers;
mod settings;
mod tracker;

pub use tracker::{Tracker, count, handle, make, next, read, room};
