//! Arguments that a page passes to a method, checked at the call.

use js_sys::{Function, JSON, JsString, Reflect};
use natero_event::limits::MAX_ID_CHARS;
use wasm_bindgen::prelude::*;

use crate::{
    browser::page::{call_original, function, item, length, member, prototype},
    error::TrackerError,
    expected,
    instance::Instance,
    settings::rules,
    text::{self, clean},
    tracker::OwnedOverride,
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Object, js_name = keys)]
    pub(super) fn object_keys(object: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = BigInt)]
    fn to_big_int(value: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_name = String)]
    pub(super) fn to_text(value: &JsValue) -> Result<JsValue, JsValue>;
}

/// Checks the arguments of one call. A wrong argument is reported, and the call has no
/// effect.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'a> {
    pub instance: &'a Instance,
    pub method: &'static str,
}

impl Arguments<'_> {
    fn refuse<T>(self, argument: &'static str, expected: &str, got: String) -> Option<T> {
        self.instance.refuse(&TrackerError::InvalidArgument {
            method: self.method,
            argument,
            expected: expected.to_owned(),
            got,
        });
        None
    }

    /// A required id.
    pub fn id(self, argument: &'static str, value: &JsValue) -> Option<String> {
        to_id(value).or_else(|| self.refuse(argument, expected::ID, describe_id(value)))
    }

    /// An id, or `None` for `null`.
    pub fn id_or_null(self, argument: &'static str, value: &JsValue) -> Option<Option<String>> {
        if value.is_null() {
            return Some(None);
        }
        self.id(argument, value).map(Some)
    }

    /// The id that one event uses instead of the current one.
    pub fn id_override(self, argument: &'static str, value: &JsValue) -> Option<OwnedOverride> {
        if value.is_undefined() {
            Some(OwnedOverride::Sticky)
        } else if value.is_null() {
            Some(OwnedOverride::Cleared)
        } else {
            self.id(argument, value).map(OwnedOverride::Is)
        }
    }

    /// A finite number as JSON; 1 if none is given.
    pub fn number(self, argument: &'static str, value: &JsValue) -> Option<String> {
        if value.is_undefined() {
            return Some("1".to_owned());
        }
        match value.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Some(number_text(number)),
            None => self.refuse(argument, expected::NUMBER, describe(value)),
        }
    }

    /// A time in ms.
    pub fn span(self, argument: &'static str, value: &JsValue) -> Option<f64> {
        let span = value.as_f64().filter(|number| rules::is_span(*number));
        span.or_else(|| self.refuse(argument, expected::SPAN, describe(value)))
    }

    /// Any text; `None` if none is given.
    pub fn text(self, argument: &'static str, value: &JsValue) -> Option<Option<String>> {
        if value.is_undefined() || value.is_null() {
            return Some(None);
        }
        match value.as_string() {
            Some(text) => Some(Some(text)),
            None => self.refuse(argument, expected::TEXT, describe(value)),
        }
    }

    /// The options of a call, each read once; no fields if none are given.
    pub fn options(self, value: &JsValue) -> Option<Fields> {
        if value.is_undefined() || value.is_null() {
            return Some(Fields::default());
        }
        match Fields::of(value) {
            Ok(fields) => Some(fields),
            Err(got) => self.refuse("options", expected::PLAIN, got),
        }
    }

    /// Details as JSON; `None` if none are given.
    pub fn details(self, value: &JsValue) -> Option<Option<String>> {
        use natero_event::limits::MAX_DETAILS_BYTES;

        if value.is_undefined() || value.is_null() {
            return Some(None);
        }
        if !is_plain(value) {
            return self.refuse("details", expected::PLAIN, describe(value));
        }
        match super::details::json(value, MAX_DETAILS_BYTES) {
            Some(json) => Some(Some(json)),
            None => self.refuse("details", expected::DETAILS, "more".to_owned()),
        }
    }
}

/// Describes an object that cannot be read.
pub(super) const THROWING: &str = "an object that throws";

/// The fields of a plain object.
#[derive(Default)]
pub(super) struct Fields(pub Vec<(String, JsValue)>);

impl Fields {
    /// Reads each field once.
    ///
    /// # Errors
    /// A description of the value, if it is not a plain object or cannot be read.
    pub fn of(value: &JsValue) -> Result<Fields, String> {
        if !is_plain(value) {
            return Err(describe(value));
        }
        let throws = |_| THROWING.to_owned();
        let mut fields = Vec::new();
        let keys = object_keys(value).map_err(throws)?;
        for at in 0..length(&keys) {
            let key = item(&keys, at);
            let field = Reflect::get(value, &key).map_err(throws)?;
            fields.push((key.as_string().unwrap_or_default(), field));
        }
        Ok(Fields(fields))
    }

    /// A field; `undefined` if the object itself does not have it. Inherited fields do
    /// not count.
    pub fn get(&self, name: &str) -> JsValue {
        let field = self.0.iter().find(|(field, _)| field == name);
        field.map_or(JsValue::UNDEFINED, |(_, value)| value.clone())
    }
}

/// Longest text that is examined as an id before trimming, in UTF-16 units. A character
/// has at most two units, and the removed characters cannot be part of an id.
const MAX_LENGTH: u32 = 4 * MAX_ID_CHARS as u32;

/// An id as the engine takes it; `None` if the value is not a valid id.
pub(super) fn to_id(value: &JsValue) -> Option<String> {
    let text = if let Some(number) = value.as_f64() {
        number.is_finite().then(|| decimal(number, value))
    } else if value.is_bigint() {
        to_text(value).ok()?.as_string()
    } else {
        short_text(value)
    };
    text::to_id(&text?)
}

/// A text that may be an id. A far longer text is not copied, because it cannot be one.
fn short_text(value: &JsValue) -> Option<String> {
    let is_long = |text: &JsValue| text.unchecked_ref::<JsString>().length() > MAX_LENGTH;
    if !value.is_string() {
        return None;
    }
    if !is_long(value) {
        return value.as_string();
    }
    let trimmed = call_original("String", "trim", value).ok()?;
    (trimmed.is_string() && !is_long(&trimmed)).then(|| trimmed.as_string())?
}

/// A number as a decimal string, without the exponent that large numbers are printed
/// with.
fn decimal(number: f64, value: &JsValue) -> String {
    // Numbers of 1e21 and more print with an exponent.
    if number.abs() >= 1e21 {
        let big = to_big_int(value).and_then(|big| to_text(&big));
        if let Some(text) = big.ok().and_then(|text| text.as_string()) {
            return text;
        }
    }
    number_text(number)
}

/// A finite number as JSON. JavaScript prints it, because that code takes 10 KB of wasm.
pub(super) fn number_text(number: f64) -> String {
    let text = JSON::stringify(&number.into()).ok().map(JsValue::from);
    let text = text.and_then(|text| text.as_string());
    text.unwrap_or_else(|| "0".to_owned())
}

/// Describes a value that is not a valid id.
pub(super) fn describe_id(value: &JsValue) -> String {
    let got = describe(value);
    if got == expected::TEXT {
        "a longer string".to_owned()
    } else {
        got
    }
}

/// Describes a value for a message. Only plain data is called "an object".
pub(super) fn describe(value: &JsValue) -> String {
    let fixed = if value.is_undefined() {
        "undefined"
    } else if value.is_null() {
        "null"
    } else if let Some(on) = value.as_bool() {
        if on { "true" } else { "false" }
    } else if let Some(number) = value.as_f64() {
        return if number.is_nan() {
            "NaN".to_owned()
        } else if number.is_infinite() {
            if number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            }
            .to_owned()
        } else {
            number_text(number)
        };
    } else if value.is_string() {
        let is_empty = value
            .as_string()
            .is_some_and(|text| clean(&text).is_empty());
        if is_empty {
            "an empty string"
        } else {
            expected::TEXT
        }
    } else if value.is_function() {
        expected::FUNCTION
    } else if value.is_symbol() {
        "a symbol"
    } else if value.is_bigint() {
        "a bigint"
    } else {
        return describe_object(value);
    };
    fixed.to_owned()
}

fn describe_object(value: &JsValue) -> String {
    match tag(value).as_deref() {
        None => THROWING.to_owned(),
        Some("[object Object]") => "an object".to_owned(),
        Some("[object Array]") => "an array".to_owned(),
        Some(tag) => {
            let kind = tag.strip_prefix("[object ").unwrap_or(tag);
            ["a ", kind.strip_suffix(']').unwrap_or(kind), " object"].concat()
        }
    }
}

/// The tag of an object, which tells its kind even if it comes from another frame. `None`
/// if the object throws: a proxy may throw whatever is asked, and a revoked one always
/// does.
pub(super) fn tag(value: &JsValue) -> Option<String> {
    thread_local! {
        static TO_STRING: Option<Function> =
            function(member(&prototype("Object"), "toString"));
    }
    TO_STRING.with(|to_string| to_string.as_ref()?.call0(value).ok()?.as_string())
}

/// Whether a value is an object whose keys are its data.
pub(super) fn is_plain(value: &JsValue) -> bool {
    value.is_object() && tag(value).as_deref() == Some("[object Object]")
}
