//! Reads the outcome of a request from its answer.

use std::num::NonZeroU32;

use js_sys::{Array, JSON};
use natero_engine::host_constants::MAX_QUOTED_UNITS;
use natero_event::trim;
use wasm_bindgen::prelude::*;

use crate::{
    ascii::end_before,
    browser::{
        address::truncate_to,
        clock,
        page::{item, length, own_member},
        storage::number,
    },
    error::UnreachableCause,
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = Date, js_name = parse)]
    fn parse_date(text: &str) -> Result<JsValue, JsValue>;
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Answered(ServerAnswer),
    /// An answer came, but not from a collector.
    Blocked(UnreachableCause),
    /// No answer came.
    Unanswered,
}

/// The server's answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ServerAnswer {
    pub status: u16,
    /// How long to wait from now on, in ms.
    pub retry_after: Option<f64>,
    /// How many lines of the batch the server refused.
    pub rejected: Option<NonZeroU32>,
    pub message: String,
    /// Those of the ids it was asked about that the server lacks; `None` if it does not
    /// say.
    pub lacking: Option<String>,
}

impl Outcome {
    /// Whether the server took the batch.
    pub fn is_success(&self) -> bool {
        matches!(self, Outcome::Answered(answer) if answer.status < 300)
    }
}

/// Reads an answer. A body that is JSON, as a collector sends it, or empty confirms the
/// batch. Anything else comes from something in between, such as a proxy.
pub(super) fn outcome_of(
    status: u16,
    text: &str,
    header: &dyn Fn(&str) -> Option<String>,
) -> Outcome {
    // A redirect is not followed, and a page cannot see its status.
    if status == 0 {
        return Outcome::Blocked(UnreachableCause::Redirect);
    }
    let body = JSON::parse(text);
    if status < 300 && body.is_err() && !trim(text).is_empty() {
        return Outcome::Blocked(UnreachableCause::Page);
    }
    let mut answer = match body {
        Ok(body) => read_body(&body),
        Err(_) => ServerAnswer {
            message: truncate_to(text, MAX_QUOTED_UNITS).to_owned(),
            ..ServerAnswer::default()
        },
    };
    answer.status = status;
    answer.retry_after = retry_after(header);
    Outcome::Answered(answer)
}

/// What the server said about the events, and how many it refused. What the page has
/// added to all objects was not said by the server.
fn read_body(body: &JsValue) -> ServerAnswer {
    let refused = own_member(body, "rejected");
    let count = if Array::is_array(&refused) {
        length(&refused)
    } else {
        0
    };
    let message = match message_text(&own_member(body, "error")) {
        Some(error) => error,
        None if count > 0 => {
            let first = item(&refused, 0);
            let part = |name| message_text(&own_member(&first, name)).unwrap_or_default();
            ["line ", &part("line"), ": ", &part("error")].concat()
        }
        None => String::new(),
    };
    ServerAnswer {
        rejected: NonZeroU32::new(count),
        message,
        lacking: own_member(body, "lacking").as_string(),
        ..ServerAnswer::default()
    }
}

/// A text or a whole number as a message shows it; other values as JSON.
fn message_text(value: &JsValue) -> Option<String> {
    if value.is_undefined() || value.is_null() {
        return None;
    }
    value.as_string().or_else(|| {
        let json = JSON::stringify(value).ok()?;
        JsValue::from(json).as_string()
    })
}

/// `Retry-After` in ms, from seconds or a date; `None` if it is neither.
fn retry_after(header: &dyn Fn(&str) -> Option<String>) -> Option<f64> {
    let value = header("retry-after")?;
    let date = |text: &str| parse_date(text).ok()?.as_f64().filter(|at| !at.is_nan());
    // Seconds are digits alone. A repeated header arrives as a list, whose first item
    // counts.
    let first = trim(&value[..end_before(&value, b",")]);
    let wait = match number(first) {
        Some(seconds) => seconds * 1000.0,
        // Many clocks are wrong, so the date is compared with the server's own clock if
        // that can be read.
        None if value
            .as_bytes()
            .first()
            .is_some_and(u8::is_ascii_alphabetic) =>
        {
            let now = header("date").and_then(|now| date(&now));
            date(&value)? - now.unwrap_or_else(clock::wall)
        }
        None => return None,
    };
    (wait > 0.0).then_some(wait)
}
