//! Writes plain data of a page as JSON.
//!
//! This does not use `JSON.stringify`, which calls every `toJSON` that old libraries add
//! to arrays and objects, throws at the first cycle, and writes halves of surrogate
//! pairs, on which receivers may fail.

use js_sys::{Array, Reflect};
use natero_engine::host_constants::MAX_DETAILS_DEPTH;
use natero_event::json::{push_ascii, push_str};
use wasm_bindgen::prelude::*;

use super::arguments::{Fields, number_text, object_keys, tag, to_text};
use crate::browser::page::{call, call_original, item, length, member, object, prototype};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Array, js_name = from)]
    fn array_from(items: &JsValue) -> Result<JsValue, JsValue>;
}

/// An object as JSON of at most `max_bytes` bytes.
pub(super) fn json(object: &JsValue, max_bytes: usize) -> Option<String> {
    let mut writer = JsonWriter {
        out: String::new(),
        max_bytes,
        path: Vec::new(),
    };
    let is_written = writer.object(object, false) && writer.fits();
    (is_written && writer.out.starts_with('{')).then_some(writer.out)
}

/// The same for fields that have been read already.
pub(super) fn json_of_fields(fields: &Fields, max_bytes: usize) -> Option<String> {
    let mut writer = JsonWriter {
        out: String::new(),
        max_bytes,
        path: Vec::new(),
    };
    writer.pairs(&fields.0);
    writer.fits().then_some(writer.out)
}

struct JsonWriter {
    out: String,
    max_bytes: usize,
    /// The objects that contain the current one, outermost first.
    path: Vec<JsValue>,
}

impl JsonWriter {
    fn fits(&self) -> bool {
        self.out.len() <= self.max_bytes
    }

    /// Writes a value. Returns whether JSON can represent it.
    fn value(&mut self, value: &JsValue) -> bool {
        self.value_or_final(value, false)
    }

    /// The same. If `is_final`, the value came from a `toJSON` and is not asked again.
    fn value_or_final(&mut self, value: &JsValue, is_final: bool) -> bool {
        if let Some(text) = value.as_string() {
            push_str(&mut self.out, &text);
        } else if let Some(number) = value.as_f64() {
            if number.is_finite() {
                self.out.push_str(&number_text(number));
            } else {
                self.out.push_str("null");
            }
        } else if let Some(on) = value.as_bool() {
            self.out.push_str(if on { "true" } else { "false" });
        } else if value.is_null() {
            self.out.push_str("null");
        } else if value.is_bigint() {
            let text = to_text(value).ok().and_then(|text| text.as_string());
            push_str(&mut self.out, &text.unwrap_or_default());
        } else {
            return value.is_object() && self.object(value, is_final);
        }
        true
    }

    fn object(&mut self, value: &JsValue, is_final: bool) -> bool {
        if !self.fits() || self.path.len() >= MAX_DETAILS_DEPTH || self.path.contains(value) {
            return false;
        }
        let Some(tag) = tag(value) else {
            return false;
        };
        let kind = if only_claims(value, &tag) {
            "[object Object]"
        } else {
            &tag
        };
        let substitute = match kind {
            kind if is_final => return self.parts_of(value, kind),
            // An invalid date throws here.
            "[object Date]" => call_original("Date", "toISOString", value).unwrap_or(JsValue::NULL),
            // An error without a message becomes its name.
            "[object Error]" | "[object DOMException]" => {
                call_original("Error", "toString", value).unwrap_or(JsValue::UNDEFINED)
            }
            "[object Set]" | "[object Map]" if self.is_too_long(value, "size") => return false,
            "[object Set]" => match array_from(value) {
                Ok(items) => return self.items(value, &items),
                Err(_) => return false,
            },
            "[object Map]" => return self.map(value),
            _ if has_to_json(value) => call(value, "toJSON", &[]).unwrap_or(JsValue::UNDEFINED),
            kind => return self.parts_of(value, kind),
        };
        self.path.push(value.clone());
        let is_written = self.value_or_final(&substitute, true);
        self.path.pop();
        is_written
    }

    /// Whether a value has more items than bytes are allowed. Listing them would take
    /// seconds. If so, nothing fits any more.
    fn is_too_long(&mut self, value: &JsValue, length: &str) -> bool {
        let is_too_long = number_in(value, length) > self.max_bytes as f64;
        if is_too_long {
            self.max_bytes = 0;
        }
        is_too_long
    }

    fn parts_of(&mut self, value: &JsValue, tag: &str) -> bool {
        if tag.ends_with("Array]") && self.is_too_long(value, "length") {
            false
        } else if Array::is_array(value) {
            self.items(value, value)
        } else {
            self.fields_of(value)
        }
    }

    fn items(&mut self, holder: &JsValue, items: &JsValue) -> bool {
        self.path.push(holder.clone());
        push_ascii(&mut self.out, b'[');
        let length = number_in(items, "length");
        let mut at = 0;
        while f64::from(at) < length && self.fits() {
            if at > 0 {
                push_ascii(&mut self.out, b',');
            }
            let item = item(items, at);
            // An item that is left out becomes `null`.
            if !self.value(&item) {
                self.out.push_str("null");
            }
            at += 1;
        }
        push_ascii(&mut self.out, b']');
        self.path.pop();
        true
    }

    fn map(&mut self, map: &JsValue) -> bool {
        let Ok(items) = array_from(map) else {
            return false;
        };
        // Different keys may be the same text. The last one counts.
        let fields = object();
        for at in 0..length(&items) {
            let entry = item(&items, at);
            let key = item(&entry, 0);
            if Array::is_array(&entry)
                && !key.is_symbol()
                && let Ok(key) = to_text(&key)
            {
                let _ = Reflect::set(&fields, &key, &item(&entry, 1));
            }
        }
        self.path.push(map.clone());
        let is_written = self.fields_of(&fields);
        self.path.pop();
        is_written
    }

    fn fields_of(&mut self, object: &JsValue) -> bool {
        let Ok(keys) = object_keys(object) else {
            return false;
        };
        let mut names = Vec::new();
        for at in 0..length(&keys) {
            names.push(item(&keys, at).as_string().unwrap_or_default());
        }
        self.path.push(object.clone());
        // Uses the original key, which may contain half of a surrogate pair. If a getter
        // throws, only its field is left out.
        self.fields(names.len(), &|at| {
            let value = Reflect::get(object, &item(&keys, at as u32));
            (&names[at], value.unwrap_or(JsValue::UNDEFINED))
        });
        self.path.pop();
        true
    }

    fn pairs(&mut self, pairs: &[(String, JsValue)]) {
        self.fields(pairs.len(), &|at| {
            let (name, value) = &pairs[at];
            (name, value.clone())
        });
    }

    /// Writes `count` fields, each of which is read when its turn comes.
    fn fields<'a>(&mut self, count: usize, read: &dyn Fn(usize) -> (&'a str, JsValue)) {
        push_ascii(&mut self.out, b'{');
        let start = self.out.len();
        for at in 0..count {
            if !self.fits() {
                break;
            }
            let (name, value) = read(at);
            let before = self.out.len();
            if before > start {
                push_ascii(&mut self.out, b',');
            }
            push_str(&mut self.out, name);
            push_ascii(&mut self.out, b':');
            if !self.value(&value) {
                self.out.truncate(before);
            }
        }
        push_ascii(&mut self.out, b'}');
    }
}

fn number_in(object: &JsValue, name: &str) -> f64 {
    member(object, name).as_f64().unwrap_or(0.0)
}

/// Whether an object, or its class, has a `toJSON` of its own. One that the page has
/// added to all objects or all arrays does not count.
fn has_to_json(value: &JsValue) -> bool {
    let to_json = member(value, "toJSON");
    let is_of_all = |all| member(&prototype(all), "toJSON") == to_json;
    to_json.is_function() && !is_of_all("Object") && !is_of_all("Array")
}

/// Whether an object only has the tag of a date, a map or a set, as the maps of some libraries
/// do. It is what else it is.
fn only_claims(value: &JsValue, tag: &str) -> bool {
    let (interface, method) = match tag {
        "[object Date]" => ("Date", "getTime"),
        "[object Map]" => ("Map", "has"),
        "[object Set]" => ("Set", "has"),
        _ => return false,
    };
    call_original(interface, method, value).is_err()
}
