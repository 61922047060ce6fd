//! Binds the engine to a browser.
//!
//! Nothing is decided here. [`client`] turns calls of the facade into inputs,
//! [`driver`] runs the engine and performs its effects, and [`browser`] is
//! each thing that a browser does for it.

mod browser;
mod client;
mod convert;
mod driver;
mod host;

pub use client::Core;
