//! Sends a request by `fetch`, which the page may have replaced.

use js_sys::Object;
use natero_engine::host_constants::MAX_UNREADABLE_ANSWERS;
use wasm_bindgen::prelude::*;

use super::{
    Posting, TransportState,
    answer::{Outcome, outcome_of},
};
use crate::browser::{
    executor::JsFuture,
    page::{Accessor, call, call_original, object_of, put},
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    pub(crate) fn fetch(url: &str, init: &Object) -> Result<JsValue, JsValue>;
}

/// The options of a request.
pub(super) fn init(posting: &Posting, body: &JsValue) -> Object {
    let init = object_of(&[
        ("method", "POST"),
        ("credentials", "same-origin"),
        // A redirected POST becomes a GET, whose answer would look like success.
        ("redirect", "manual"),
    ]);
    put(&init, "body", body);
    put(&init, "keepalive", &posting.keepalive.into());
    if let Some(abort) = &posting.abort {
        put(&init, "signal", &abort.signal());
    }
    init
}

/// The result of `fetch`.
pub(super) enum FetchResult {
    Outcome(Outcome),
    /// A rejection.
    Failed,
    /// Neither a response nor a rejection.
    Unusable,
}

impl TransportState {
    /// The result of a request that `fetch` began.
    pub(super) async fn answer_of(&self, started: Result<JsValue, JsValue>) -> FetchResult {
        // The browser's own `fetch` never throws at once.
        let Ok(started) = started else {
            return FetchResult::Unusable;
        };
        // A value that is not a promise is its own outcome.
        let Ok(response) = JsFuture::from_promise(&started).await else {
            return FetchResult::Failed;
        };
        // A replacement of `fetch` may return something that is not a response, or read
        // the answer itself and leave nothing of it. The browser's accessors distinguish
        // a response from an object that only has a status.
        let of_response = |name| Accessor::of("Response", name).get(&response);
        let is_used = of_response("bodyUsed") == true;
        let Some(status) = of_response("status").as_f64().filter(|_| !is_used) else {
            return FetchResult::Unusable;
        };
        let text = match call_original("Response", "text", &response) {
            Ok(text) => JsFuture::from_promise(&text).await.ok(),
            Err(_) => None,
        };
        // An answer that was cut short does not count.
        let Some(text) = text.and_then(|text| text.as_string()) else {
            let unreadable = self.unreadable.get() + 1;
            self.unreadable.set(unreadable);
            return if unreadable < MAX_UNREADABLE_ANSWERS {
                FetchResult::Outcome(Outcome::Unanswered)
            } else {
                FetchResult::Unusable
            };
        };
        self.unreadable.set(0);
        let headers = of_response("headers");
        let header = |name: &str| call(&headers, "get", &[name.into()]).ok()?.as_string();
        FetchResult::Outcome(outcome_of(status as u16, &text, &header))
    }
}
