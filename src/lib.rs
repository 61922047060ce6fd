//! A product-usage tracker for the browser.
//!
//! A front end in Rust adds this crate and makes a [`Tracker`], a cheap handle that can
//! be stored wherever the front end keeps its state:
//!
//! ```no_run
//! use natero_wasm::{Feature, Tracker};
//!
//! let tracker = Tracker::builder("API-KEY", "AUTH-KEY")
//!     .endpoint("http://127.0.0.1:8088")
//!     .account_id("acme")
//!     .user_id("ann")
//!     .build()?;
//! tracker.set_module_id("reports")?;
//! tracker.send_feature(Feature::new("export").total(3.0))?;
//! # Ok::<(), natero_wasm::TrackerError>(())
//! ```
//!
//! Page views, sessions and active time are tracked from then on. Accepted events are
//! stored until the collector confirms them. The guides in `docs/guides/` show how to use
//! it with Leptos, Yew and Dioxus.
//!
//! # Features
//!
//! | feature | default | what it is |
//! | --- | --- | --- |
//! | `browser` | yes | [`Tracker`], and the browser's side of it through web-sys |
//! | `class` | no | the class `na`, with the names of the Natero JS library: `wasm-pack build --target web -- --features class` makes a module for pages |
//! | `npm` | no | the module behind the npm package, whose page side is TypeScript |
//!
//! Without any of them the crate only contains the tracker's [`settings`] and the
//! problems that it may report ([`error`]). The engine itself, without input or output,
//! is the crate `natero-engine`.

// A front end in Rust chooses its own allocator.
#[cfg(all(target_arch = "wasm32", any(feature = "npm", feature = "class")))]
mod allocator;
// With the settings alone, some of it is unused.
#[cfg_attr(not(feature = "browser"), allow(dead_code))]
mod ascii;
#[cfg(feature = "browser")]
mod browser;
#[cfg(feature = "class")]
pub mod class;
pub mod error;
pub mod expected;
#[cfg(feature = "browser")]
mod flush;
#[cfg(feature = "browser")]
mod host;
#[cfg(feature = "browser")]
mod instance;
#[cfg(feature = "npm")]
pub mod npm;
pub mod settings;
#[cfg(feature = "browser")]
mod text;
#[cfg(feature = "browser")]
mod tracker;

#[cfg(feature = "browser")]
pub use self::{
    error::{Problem, TrackerError},
    flush::{Flush, Flushed},
    settings::{PageViews, Settings},
    tracker::{Feature, ModuleGuard, TrackedEvent, Tracker, TrackerBuilder},
};
#[cfg(feature = "browser")]
pub use natero_engine::{Consent, Dropped, Persistence, Stats};

/// Whether the crate runs beside JavaScript. On a server, in WASI or not, it does not.
#[cfg(feature = "browser")]
const HAS_JS: bool = cfg!(all(target_arch = "wasm32", target_os = "unknown"));

/// Whether there is a page or a worker to track in. Says under `debug` that there is none.
#[cfg(feature = "browser")]
fn has_browser(debug: bool) -> bool {
    let has_user = HAS_JS && browser::page::has_user();
    if debug && !has_user {
        browser::explain_absence();
    }
    has_user
}

/// The samples in Rust of the readme are compiled.
#[cfg(all(doctest, feature = "browser"))]
#[doc = include_str!("../README.md")]
pub struct Readme;

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
