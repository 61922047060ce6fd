//! Code of the page that runs on behalf of the tracker.

use std::rc::Rc;

use js_sys::{Function, JSON};
use wasm_bindgen::JsValue;

use super::{
    arguments::Fields,
    details,
    plain::{Plain, object},
};
use crate::{
    browser::{self, BeforeSend, Decision, OnError},
    tracker::{EVENT_ID, MAX_EVENT_BYTES, under_its_id},
};

/// Wraps the page's `onError`, which may do anything, throw or reject.
pub(super) fn told_by(on_error: Function) -> OnError {
    Rc::new(move |problem| {
        let told = object(&[
            ("code", Plain::Text(problem.code)),
            ("message", Plain::Text(&problem.message)),
            ("dropped", Plain::count(problem.dropped)),
        ]);
        if let Ok(result) = on_error.call1(&JsValue::UNDEFINED, &told) {
            browser::ignore(&result);
        }
    })
}

/// Wraps the page's `beforeSend`.
pub(super) fn decided_by(before_send: Function) -> BeforeSend {
    Rc::new(move |line| {
        let Ok(event) = JSON::parse(line) else {
            return Decision::Threw;
        };
        let Ok(kept) = before_send.call1(&JsValue::UNDEFINED, &event) else {
            return Decision::Threw;
        };
        if kept.is_null() {
            return Decision::Drop;
        }
        let Ok(mut fields) = Fields::of(&kept) else {
            // An async function returns a promise, which comes too late and may reject.
            browser::ignore(&kept);
            return Decision::Threw;
        };
        fields.0.retain(|(name, _)| name != EVENT_ID);
        match details::json_of_fields(&fields, MAX_EVENT_BYTES) {
            Some(kept) => under_its_id(line, kept),
            None => Decision::Threw,
        }
    })
}
