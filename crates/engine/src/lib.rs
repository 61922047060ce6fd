//! The tracker without input or output.
//!
//! An [`Engine`] is driven: its owner tells it what happened and when with
//! [`Engine::handle`], does what [`Engine::poll_effect`] hands out until that
//! is `None`, and comes back no later than [`Engine::poll_timeout`]. Time and
//! randomness come in as arguments, so every schedule of idle spells, crashes
//! and failing servers runs in microseconds under a virtual clock.
//!
//! Calling `handle` more often than needed is harmless: a spurious
//! [`Input::Timer`] changes nothing.
//!
//! ```
//! use natero_engine::{Call, Config, Effect, Engine, Input, Now, Start};
//!
//! let mut config = Config::default();
//! config.account_id = Some("acme".into());
//! config.user_id = Some("ann".into());
//! let at = |mono| Now { mono, wall: 1_700_000_000_000.0 + mono };
//!
//! let mut engine = Engine::new(config, [1, 2, 3, 4], at(0.0));
//! engine.handle(at(0.0), Input::Start(Start::default()));
//! engine.handle(at(5.0), Input::Call(Call::feature("export")));
//! engine.handle(at(5.0), Input::Call(Call::Flush(1)));
//! let sent = std::iter::from_fn(|| engine.poll_effect())
//!     .find_map(|effect| match effect {
//!         Effect::Send(request) => Some(request.body),
//!         _ => None,
//!     })
//!     .unwrap();
//! assert!(sent.contains(r#""feature":"export""#));
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
pub use effect::{Effect, Loss, Request};
pub use engine::Engine;
pub use input::{Call, Cookies, Input, Now, Override, Start};
pub use stats::{Reason, Stats};
