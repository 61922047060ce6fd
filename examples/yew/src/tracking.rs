//! Creates the app's tracker. `Tracker` is a handle that is `Copy`, so it can be used
//! directly as a context.

use natero_wasm::{Settings, Tracker};
use yew::prelude::*;

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
    let document = web_sys::window()?.document()?;
    let meta = document
        .query_selector(&format!("meta[name='natero-{name}']"))
        .ok()??;
    meta.get_attribute("content")
}

#[derive(Properties, PartialEq)]
pub struct TrackedProps {
    pub children: Html,
}

/// Creates the app's tracker, for every component within. With wrong keys or settings the app
/// runs on, and nothing is tracked.
#[component]
pub fn Tracked(props: &TrackedProps) -> Html {
    let tracker = use_memo((), |()| {
        let (api_key, auth_key, settings) = source();
        let tracker = Tracker::builder(api_key, auth_key)
            .settings(settings)
            .build();
        tracker.unwrap_or_else(|error| {
            web_sys::console::error_1(&error.to_string().into());
            Tracker::inert()
        })
    });
    html! {
        <ContextProvider<Tracker> context={*tracker}>
            { props.children.clone() }
        </ContextProvider<Tracker>>
    }
}

/// The tracker of the app.
///
/// # Panics
/// Outside of [`Tracked`].
#[hook]
pub fn use_tracker() -> Tracker {
    use_context::<Tracker>().expect("a component within `Tracked`")
}

/// Makes the component a module: its time runs while the component exists.
#[hook]
pub fn use_module(module: &'static str) {
    let tracker = use_tracker();
    use_effect_with(module, move |module| {
        let entered = tracker.enter_module(module);
        move || drop(entered)
    });
}
