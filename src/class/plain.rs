//! What the class gives back: plain objects.

use js_sys::Object;
use wasm_bindgen::JsValue;

use crate::browser::page::put;

/// An object of counts. Their names are by themselves, as a list that is there already.
pub(super) fn counts<const COUNT: usize>(names: &[&str; COUNT], counts: [u32; COUNT]) -> JsValue {
    object_of_counts(names, &counts)
}

fn object_of_counts(names: &[&str], counts: &[u32]) -> JsValue {
    let object = Object::new();
    for (name, count) in names.iter().zip(counts) {
        put(&object, name, &(*count).into());
    }
    object.into()
}
