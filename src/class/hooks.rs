//! Code of the page that runs on the tracker's account.

use std::rc::Rc;

use js_sys::{Function, JSON};
use natero_event::limits::MAX_DETAILS_BYTES;
use wasm_bindgen::JsValue;

use super::{
    arguments::Fields,
    details,
    plain::{Plain, object},
};
use crate::browser::{self, BeforeSend, Decision, OnError};

/// Details, and what else an event may hold, in bytes.
const MAX_EVENT_BYTES: usize = 2 * MAX_DETAILS_BYTES;

/// The page's `onError`. It may do anything, and throw or reject, too.
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

/// The page's `beforeSend`.
pub(super) fn decided_by(before_send: Function) -> BeforeSend {
    Rc::new(move |line| {
        let Ok(event) = JSON::parse(line) else {
            return Decision::Threw;
        };
        // The key of deduplication is not the page's to change.
        let id = browser::page::member(&event, "event_id");
        let Ok(kept) = before_send.call1(&JsValue::UNDEFINED, &event) else {
            return Decision::Threw;
        };
        if kept.is_null() {
            return Decision::Drop;
        }
        let Ok(mut fields) = Fields::of(&kept) else {
            return Decision::Threw;
        };
        match fields.0.iter_mut().find(|(name, _)| name == "event_id") {
            Some((_, value)) => *value = id,
            None => fields.0.push(("event_id".to_owned(), id)),
        }
        match details::json_of_fields(&fields, MAX_EVENT_BYTES) {
            Some(line) => Decision::Pass(line),
            None => Decision::Threw,
        }
    })
}
