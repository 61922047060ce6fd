//! Checks that the functions of the language without which a page's values cannot be read
//! give right answers. A page may have replaced one by a function that neither throws nor
//! works.

use js_sys::JSON;

use super::details;
use crate::browser::page::member;

/// What of the language does not work; `None` if all that is tried does.
pub(super) fn broken_part() -> Option<&'static str> {
    // The glue copies characters of ASCII by itself, others by means of the page.
    const OBJECT: &str = "{\"\u{e9}\":1.5}";
    let object = JSON::parse(OBJECT).unwrap_or_default();
    if details::json(&object, OBJECT.len()).as_deref() != Some(OBJECT) {
        Some("TextEncoder, TextDecoder, JSON or Object.keys")
    } else if member(&object, "then").is_function() {
        // Every promise asks for it what it resolves to.
        Some("Object.prototype.then")
    } else {
        None
    }
}
