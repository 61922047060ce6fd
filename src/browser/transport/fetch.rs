//! Sends a request by `fetch`, which the page may have replaced.

use js_sys::Object;
use wasm_bindgen::prelude::*;

use super::{
    Posting, Ways,
    answer::{Outcome, outcome_of},
};
use crate::browser::{
    executor::Settled,
    page::{Accessor, call, call_of, object_of, put},
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch)]
    pub(crate) fn fetch(url: &str, init: &Object) -> Result<JsValue, JsValue>;
}

/// After this many answers that could not be read, `fetch` is given up. A single one may
/// have been cut short by the network.
const TIMES_UNREADABLE: u32 = 3;

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
    if let Some(signal) = posting.abort.as_ref().and_then(|abort| abort.signal()) {
        put(&init, "signal", &signal);
    }
    init
}

/// The result of `fetch`.
pub(super) enum Fetched {
    Said(Outcome),
    /// Neither a response nor a rejection.
    Nonsense,
}

impl Ways {
    /// The result of a request that `fetch` began.
    pub(super) async fn answer_of(&self, begun: Result<JsValue, JsValue>) -> Fetched {
        // The browser's own `fetch` never throws at once.
        let Ok(begun) = begun else {
            return Fetched::Nonsense;
        };
        // A value that is not a promise is its own outcome.
        let Ok(response) = Settled::of(&begun).await else {
            return Fetched::Said(Outcome::Silence);
        };
        // A replacement of `fetch` may return something that is not a response, or read
        // the answer itself and leave nothing of it. The browser's accessors distinguish
        // a response from an object that only has a status.
        let of_response = |name| Accessor::of("Response", name).get(&response);
        let is_used = of_response("bodyUsed") == true;
        let Some(status) = of_response("status").as_f64().filter(|_| !is_used) else {
            return Fetched::Nonsense;
        };
        let text = match call_of("Response", "text", &response) {
            Ok(text) => Settled::of(&text).await.ok(),
            Err(_) => None,
        };
        // An answer that was cut short does not count.
        let Some(text) = text.and_then(|text| text.as_string()) else {
            let unreadable = self.unreadable.get() + 1;
            self.unreadable.set(unreadable);
            return if unreadable < TIMES_UNREADABLE {
                Fetched::Said(Outcome::Silence)
            } else {
                Fetched::Nonsense
            };
        };
        self.unreadable.set(0);
        let headers = of_response("headers");
        let header = |name: &str| call(&headers, "get", &[name.into()]).ok()?.as_string();
        Fetched::Said(outcome_of(status as u16, &text, &header))
    }
}
