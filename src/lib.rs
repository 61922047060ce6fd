//! Binds the engine to a page.
//!
//! Nothing is decided here, and nothing is done: [`Core`] turns numbers and
//! text into inputs of the engine, and its effects into numbers and text. One
//! function leads in and one leads out, because in the wasm every function
//! that JS can call or offer costs its own glue; what a browser has to do for
//! the engine is a few lines of JS each (`js/browser/`), and several times
//! that as bindings. ARCHITECTURE.md has the measurements.

#[cfg(target_arch = "wasm32")]
mod alloc;
mod core;
mod decode;
mod encode;
mod host;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod numbers;

pub use core::Core;
