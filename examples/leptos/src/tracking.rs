//! How the app comes by its tracker. `Tracker` is a handle that can be copied and
//! sent, so that it fits into Leptos' contexts and signals as it is.

use leptos::prelude::*;
use natero_wasm::{Settings, Tracker};

/// The keys and settings that the page names.
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

/// What `<meta name="natero-…">` says.
fn named_in_page(name: &str) -> Option<String> {
    let meta = document()
        .query_selector(&format!("meta[name='natero-{name}']"))
        .ok()??;
    meta.get_attribute("content")
}

/// Makes the tracker of the app, for every component below.
pub fn provide_tracker() {
    let (api_key, auth_key, settings) = source();
    let tracker = Tracker::builder(api_key, auth_key).settings(settings).build();
    match tracker {
        Ok(tracker) => provide_context(tracker),
        Err(error) => leptos::logging::error!("{error}"),
    }
}

/// The tracker of the app.
///
/// # Panics
/// Where no component above has provided one.
pub fn use_tracker() -> Tracker {
    expect_context()
}

/// The component is a module: its time runs while it is there.
pub fn use_module(module: &'static str) {
    let entered = use_tracker().enter_module(module);
    on_cleanup(move || drop(entered));
}
