//! The tracker without input or output.
//!
//! The owner of an [`Engine`] drives it in three steps:
//!
//! - It reports what happened, and when, with [`Engine::handle`].
//! - It performs what [`Engine::poll_effect`] returns until that is `None`.
//! - It calls `handle` again no later than [`Engine::poll_timeout`].
//!
//! Time and randomness are arguments, so every schedule of idle periods, crashes and
//! failing servers runs in microseconds under a virtual clock.
//!
//! Calling `handle` more often than needed is harmless: a spurious [`Input::Timer`]
//! changes nothing.
//!
//! ```
//! use natero_engine::{Call, Config, Effect, Engine, FlushId, Input, Mono, Now, Override, Seed, Start, Wall};
//! use natero_event::{Id, Number};
//!
//! let config = Config {
//!     account_id: Id::new("acme").map(Into::into),
//!     user_id: Id::new("ann").map(Into::into),
//!     ..Config::default()
//! };
//! let at = |ms: f64| Now { mono: Mono(ms), wall: Wall(1_700_000_000_000.0 + ms) };
//!
//! let mut engine = Engine::new(config, Seed([1, 2, 3, 4]), at(0.0));
//! engine.handle(at(0.0), Input::Start(Start::default()));
//! engine.handle(at(5.0), Input::Call(Call::Feature {
//!     feature: Id::new("export").unwrap(),
//!     total: Number::ONE,
//!     module: Override::Sticky,
//!     product: Override::Sticky,
//!     details: None,
//! }));
//! engine.handle(at(5.0), Input::Call(Call::Flush(FlushId(1))));
//! let request = std::iter::from_fn(|| engine.poll_effect())
//!     .find_map(|effect| match effect {
//!         Effect::Send(request) => Some(request),
//!         _ => None,
//!     })
//!     .unwrap();
//! assert!(request.body.contains(r#""feature":"export""#));
//! ```

mod activity;
mod announcement;
mod backoff;
mod config;
mod delivery;
mod effect;
mod engine;
mod flushes;
pub mod host_constants;
mod identity;
mod input;
mod inspection;
mod journal;
mod page_view;
mod persistence;
mod queue;
mod random;
mod recorder;
mod session;
mod stats;
pub mod stored_names;
mod stored_record;
mod time;

pub use activity::ClockState;
pub use announcement::{Announcement, News};
pub use config::{Config, Consent, OwnedId, Persistence};
pub use effect::{Effect, FlushOutcome, Loss, Request, RequestId};
pub use engine::Engine;
pub use identity::{Identity, SIGN_IN};
pub use input::{Answer, Call, Cookies, FlushId, Input, Override, Response, Start, View};
pub use inspection::{Inspection, WaitsFor};
pub use journal::SegmentId;
pub use queue::{Progress, QueuedEvent};
pub use random::Seed;
pub use session::Session;
pub use stats::{Dropped, Reason, Stats};
pub use time::{Millis, Mono, Now, Seconds, Wall};
