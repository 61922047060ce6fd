//! Checks the arguments of a call.

use natero_event::json::push_int;

use super::OwnedOverride;
use crate::{error::TrackerError, expected, settings::rules, text::to_id};

/// An id as events carry it.
pub(super) fn id(
    method: &'static str,
    argument: &'static str,
    given: &str,
) -> Result<String, TrackerError> {
    to_id(given).ok_or_else(|| TrackerError::InvalidArgument {
        method,
        argument,
        expected: expected::ID.to_owned(),
        got: rules::describe_id(given).to_owned(),
    })
}

pub(super) fn id_override(
    method: &'static str,
    argument: &'static str,
    given: OwnedOverride,
) -> Result<OwnedOverride, TrackerError> {
    match given {
        OwnedOverride::Sticky | OwnedOverride::Cleared => Ok(given),
        OwnedOverride::Is(given) => id(method, argument, &given).map(OwnedOverride::Is),
    }
}

/// The largest number of which all smaller whole numbers can be told apart, too.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A number as JSON. The browser prints fractions, because that code takes 10 KB of wasm.
pub(super) fn total_text(method: &'static str, total: f64) -> Result<String, TrackerError> {
    if !total.is_finite() {
        return Err(TrackerError::InvalidArgument {
            method,
            argument: "total",
            expected: expected::NUMBER.to_owned(),
            got: if total.is_nan() { "NaN" } else { "Infinity" }.to_owned(),
        });
    }
    let whole = total as i64;
    if total.abs() <= MAX_WHOLE && whole as f64 == total {
        let mut text = String::new();
        push_int(&mut text, whole);
        return Ok(text);
    }
    let text = js_sys::JSON::stringify(&total.into());
    Ok(text.map(String::from).unwrap_or_else(|_| "1".to_owned()))
}
