//! What all copies of the tracker on a page share: this one, others in Rust, and the
//! npm package. It may be of another version, so it is no more than what is used
//! here.

use js_sys::{Object, Reflect, Symbol};
use natero_engine::Seed;
use natero_event::json::push_int;
use wasm_bindgen::JsValue;

use super::page::member;

/// The name under which the page has it.
const KEY: &str = "natero-wasm";

/// Names this page among the tabs: whatever tracks in it is one tab.
pub(crate) fn tab(seed: Seed) -> String {
    let shared = shared();
    if let Some(tab) = member(&shared, "tab").as_string() {
        return tab;
    }
    let Seed([first, second, ..]) = seed;
    let mut tab = String::new();
    push_int(&mut tab, i64::from(first));
    tab.push('-');
    push_int(&mut tab, i64::from(second));
    let _ = Reflect::set(&shared, &"tab".into(), &tab.as_str().into());
    tab
}

fn shared() -> JsValue {
    let global = js_sys::global();
    let key = Symbol::for_(KEY).into();
    if let Ok(shared) = Reflect::get(&global, &key)
        && shared.is_object()
    {
        return shared;
    }
    let shared = Object::new();
    let descriptor = Object::new();
    for (object, name, value) in [
        // How a copy joins the trackers of others is theirs to say.
        (&shared, "join", &Object::new()),
        (&descriptor, "value", &shared),
    ] {
        let _ = Reflect::set(object, &name.into(), value);
    }
    let _ = Reflect::define_property(&global, &key, &descriptor);
    shared.into()
}
