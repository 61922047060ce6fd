//! The tracker without input or output.
//!
//! An [`Engine`] is driven: its owner tells it what happened and when with
//! [`Engine::handle`], does what [`Engine::poll_effect`] hands out until that
//! is `None`, and comes back no later than [`Engine::poll_timeout`]. Time and
//! randomness come in as arguments, so every schedule of idle spells, crashes
//! and failing servers runs in microseconds under a virtual clock.
//!
//! Calling `handle` more often than needed is harmless: a spurious
//! [`Op::Timer`] changes nothing.
//!
//! ```
//! use natero_engine::{Config, Do, Engine, Input, Now, Op};
//!
//! let mut config = Config::default();
//! config.account_id = "acme".into();
//! config.user_id = "ann".into();
//! let at = |mono| Now { mono, wall: 1_700_000_000_000.0 + mono };
//!
//! let mut engine = Engine::new(config, [1, 2, 3, 4], at(0.0));
//! for (mono, what, text) in [
//!     (0.0, Op::Start, ""),
//!     (5.0, Op::Feature, "export"),
//!     (5.0, Op::Flush, ""),
//! ] {
//!     engine.handle(at(mono), Input { what, text, numbers: [0.0; 4] });
//! }
//! let sent = std::iter::from_fn(|| engine.poll_effect())
//!     .find(|effect| effect.what == Do::Send)
//!     .unwrap();
//! assert!(sent.text.contains(r#""feature":"export""#));
//! ```

mod active;
mod calls;
mod config;
mod delivery;
mod effect;
mod engine;
mod input;
mod journal;
mod page;
mod queue;
mod random;
mod session;
mod stats;
mod storage;

pub use config::{Config, Consent};
pub use effect::{Do, Effect, Loss, Request};
pub use engine::Engine;
pub use input::{Input, Now, Op, Parts};
pub use stats::{Reason, Stats};
