//! State shared by all copies of the tracker on a page: this one, others in Rust, and the
//! npm package. Other copies may have another version, so it is limited to what is used
//! here.

use js_sys::{Object, Reflect};
use natero_engine::{Seed, host_constants::SHARED_STATE_KEY};
use natero_event::json::{push_ascii, push_int};
use wasm_bindgen::prelude::*;

use super::page::{global_this, member, object, put};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Symbol, js_name = for)]
    fn symbol_for(key: &str) -> Result<JsValue, JsValue>;
}

/// The id of this page among the tabs. All trackers of a page count as one tab.
pub(crate) fn tab(seed: Seed) -> String {
    let shared = shared();
    if let Some(tab) = member(&shared, "tab").as_string() {
        return tab;
    }
    let Seed([first, second, ..]) = seed;
    let mut tab = String::new();
    push_int(&mut tab, i64::from(first));
    push_ascii(&mut tab, b'-');
    push_int(&mut tab, i64::from(second));
    put(&shared, "tab", &tab.as_str().into());
    tab
}

/// Notes whether this page has a tracker of a source, given by its address for batches.
pub(crate) fn note_tracker(url: &str, is_there: bool) {
    put(&shared(), url, &is_there.into());
}

/// Whether a window of this origin has a tracker of a source, of either host.
pub(crate) fn has_tracker(window: &JsValue, url: &str) -> bool {
    let shared = symbol_for(SHARED_STATE_KEY).and_then(|key| Reflect::get(window, &key));
    let shared = shared.unwrap_or(JsValue::UNDEFINED);
    member(&shared, url) == true || member(&member(&shared, "join"), url).is_function()
}

fn shared() -> JsValue {
    let global = global_this();
    // Without symbols nothing is shared.
    let Ok(key) = symbol_for(SHARED_STATE_KEY) else {
        return object().into();
    };
    if let Ok(shared) = Reflect::get(&global, &key)
        && shared.is_object()
    {
        return shared;
    }
    let shared = object();
    let descriptor = object();
    for &(object, name, value) in &[
        // The npm package stores there how to join its trackers.
        (&shared, "join", &object()),
        (&descriptor, "value", &shared),
    ] {
        put(object, name, value);
    }
    let _ = Reflect::define_property(global.unchecked_ref::<Object>(), &key, &descriptor);
    shared.into()
}
