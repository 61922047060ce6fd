//! Creates the app's tracker. `Tracker` is a handle that is `Copy` and `Send`, so it can be
//! used directly in Leptos' contexts and signals.

use leptos::prelude::*;
use natero_wasm::{Settings, Tracker};

/// The keys and settings that the page contains.
fn source() -> (String, String, Settings) {
    let text = |name: &str| named_in_page(name).unwrap_or_default();
    let settings = Settings {
        endpoint: text("endpoint"),
        account_id: Some("acme".into()),
        user_id: Some("ada@acme.example".into()),
        ..Settings::default()
    };
    (text("api-key"), text("auth-key"), settings)
}

/// The content of `<meta name="natero-…">`.
fn named_in_page(name: &str) -> Option<String> {
    let meta = document()
        .query_selector(&format!("meta[name='natero-{name}']"))
        .ok()??;
    meta.get_attribute("content")
}

/// Creates the app's tracker, for every component below. With wrong keys or settings the app
/// runs on, and nothing is tracked.
pub fn provide_tracker() {
    let (api_key, auth_key, settings) = source();
    let tracker = Tracker::builder(api_key, auth_key).settings(settings).build();
    provide_context(tracker.unwrap_or_else(|error| {
        leptos::logging::error!("{error}");
        Tracker::inert()
    }));
}

/// The tracker of the app.
///
/// # Panics
/// If no component above has provided one.
pub fn use_tracker() -> Tracker {
    expect_context()
}

/// Makes the component a module: its time runs while the component exists.
pub fn use_module(module: &'static str) {
    let entered = use_tracker().enter_module(module);
    on_cleanup(move || drop(entered));
}
