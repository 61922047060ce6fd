//! Plain data that the class returns, written by serde-wasm-bindgen.

use js_sys::{Object, Reflect};
use serde::{Serialize, Serializer};
use wasm_bindgen::{JsCast, JsValue};

use crate::browser::page;

/// A value in a plain object.
///
/// Structs that derive `Serialize` could be used instead. But then serde-wasm-bindgen
/// keeps the names of their fields in a hash table, which takes about 3 KB of wasm.
#[derive(Debug, Clone, Copy)]
pub(super) enum PlainValue<'a> {
    Number(f64),
    Text(&'a str),
    Object(&'a [(&'a str, PlainValue<'a>)]),
}

impl PlainValue<'_> {
    pub fn count(count: u32) -> PlainValue<'static> {
        PlainValue::Number(f64::from(count))
    }
}

impl Serialize for PlainValue<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            PlainValue::Number(number) => to.serialize_f64(*number),
            PlainValue::Text(text) => to.serialize_str(text),
            PlainValue::Object(fields) => {
                to.collect_map(fields.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

/// A plain object with these fields.
pub(super) fn object(fields: &[(&str, PlainValue<'_>)]) -> JsValue {
    let to = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    PlainValue::Object(fields)
        .serialize(&to)
        .unwrap_or(JsValue::UNDEFINED)
}

/// The same, as the result of a promise. It hides a `then` that the page may have added
/// to all objects.
pub(super) fn promise_result(result: JsValue) -> JsValue {
    let nothing = page::object();
    let _ = Reflect::define_property(result.unchecked_ref::<Object>(), &"then".into(), &nothing);
    result
}
