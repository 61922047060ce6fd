//! The module behind the npm package: a class for the TypeScript host in `js/`.
//!
//! [`Core`] has one method for each input of the engine and returns its effects as plain
//! objects. It decides nothing. The wasm imports only what wasm-bindgen needs to pass
//! texts and make plain objects. So no code of the page can run, or throw, while Rust
//! frames are on the stack: an exception that passes through them would skip their
//! destructors.

mod calls;
mod config;
mod core;
mod inputs;
mod inspection;
mod object;
mod text;

pub use self::{
    config::CoreConfig,
    core::{Core, EffectObject, Ids, IdsObject, StatsObject},
    inspection::{InspectionObject, QueuedEventObject},
    text::{OptionalText, Text},
};
