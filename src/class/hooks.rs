//! Code of the page that runs on behalf of the tracker.

use std::rc::Rc;

use js_sys::{Function, JSON};
use wasm_bindgen::JsValue;

use natero_engine::host_constants::MAX_EVENT_BYTES;

use super::{
    arguments::Fields,
    details,
    plain::{PlainValue, object},
};
use crate::{
    browser::{self, BeforeSend, Decision, OnError, page::apply},
    tracker::{EVENT_ID, with_event_id},
};

/// Wraps the page's `onError`, which may do anything, throw or reject.
pub(super) fn error_hook(on_error: Function) -> OnError {
    Rc::new(move |problem| {
        let problem_object = object(&[
            ("code", PlainValue::Text(problem.code)),
            ("message", PlainValue::Text(&problem.message)),
            ("dropped", PlainValue::count(problem.dropped)),
        ]);
        if let Ok(result) = apply(&on_error, &JsValue::UNDEFINED, &[problem_object]) {
            browser::ignore_outcome(&result);
        }
    })
}

/// Wraps the page's `beforeSend`.
pub(super) fn filter_hook(before_send: Function) -> BeforeSend {
    Rc::new(move |line| {
        let Ok(event) = JSON::parse(line) else {
            return Decision::Threw;
        };
        let Ok(returned) = apply(&before_send, &JsValue::UNDEFINED, &[event]) else {
            return Decision::Threw;
        };
        if returned.is_null() {
            return Decision::Drop;
        }
        let Ok(mut fields) = Fields::of(&returned) else {
            // An async function returns a promise, which comes too late and may reject.
            browser::ignore_outcome(&returned);
            return Decision::Threw;
        };
        fields.0.retain(|(name, _)| name != EVENT_ID);
        match details::json_of_fields(&fields, MAX_EVENT_BYTES) {
            Some(returned) => with_event_id(line, returned),
            None => Decision::Threw,
        }
    })
}
