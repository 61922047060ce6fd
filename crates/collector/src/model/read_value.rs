//! Reads values as clients write them: numbers, flags, times and texts of records.
//! Clients that send forms or CSV have no other type than text.

use natero_event::{limits::MAX_ID_CHARS, received};
use serde_json::{Map, Value};

use super::calendar::{self, Day, TimeZone};

/// The largest time of JavaScript's `Date`, in ms since the Unix epoch.
const LAST_MS: f64 = 8.64e15;

/// What a flag must be.
pub(super) const FLAG: &str = "true or false";

/// What a time must be.
pub(super) const TIME: &str = "a time in ms since the Unix epoch, or a date such as \
     \"2024-05-01\" or \"2024-05-01T12:00:00Z\"";

/// Reads a finite number, also from a text such as `12.50`.
pub(super) fn number(value: &Value) -> Option<f64> {
    received::number(value)
}

/// Reads a whole number that is not below 0.
pub(super) fn count(value: &Value) -> Option<u64> {
    let number = number(value)?;
    let is_whole = number.fract() == 0.0 && (0.0..=9e15).contains(&number);
    is_whole.then_some(number as u64)
}

/// Reads a flag, also from a text of any case and from 0 and 1.
pub(super) fn flag(value: &Value) -> Option<bool> {
    let text = match value {
        Value::Bool(flag) => return Some(*flag),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    match text.as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Reads a time in ms since the Unix epoch, also as text; or a date such as
/// `2024-05-01`, which stands for its first ms in UTC; or a date with a time, which is
/// one of UTC where it has no offset.
pub(super) fn time(value: &Value) -> Option<i64> {
    if let Some(text) = value.as_str().map(str::trim) {
        if let Ok(day) = text.parse::<Day>() {
            return Some(TimeZone::UTC.start_of(day));
        }
        if let Some(ms) = calendar::moment(text) {
            return Some(ms);
        }
    }
    let ms = number(value)?;
    (ms.abs() <= LAST_MS).then_some(ms as i64)
}

/// Reads a day: that of UTC where the value is a time.
pub(super) fn day(value: &Value) -> Option<Day> {
    /// In March 1973. Numbers below are seconds, years, or digits of a date.
    const FIRST_MS: i64 = 100_000_000_000;
    let ms = time(value)?;
    let is_said_by_number = number(value).is_some();
    (!is_said_by_number || ms >= FIRST_MS).then(|| TimeZone::UTC.day_at(ms))
}

/// Reads a trimmed text of at most 256 characters, which may be empty. A number is
/// the text of its digits.
pub(super) fn short_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (text.chars().count() <= MAX_ID_CHARS).then_some(text)
}

/// Name of the detail of an account that is a day.
pub(super) const DAY_FIELD: &str = "renewal_date";

/// What it must be.
pub(super) const DAY: &str = "a date such as \"2025-01-31\", or a time in ms since the Unix epoch";

/// Brings the renewal date among details into the one form in which it is kept, such
/// as `2025-01-31`, so that lists can be filtered by it. Returns false, and changes
/// nothing, when it is no day.
#[must_use]
pub fn settle_day(details: &mut Map<String, Value>) -> bool {
    let Some(value) = details.get_mut(DAY_FIELD).filter(|value| !value.is_null()) else {
        return true;
    };
    if value.as_str().is_some_and(|text| text.trim().is_empty()) {
        *value = Value::Null;
        return true;
    }
    let Some(day) = day(value) else {
        return false;
    };
    *value = day.to_string().into();
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_is_read_in_every_form() {
        const MAY: i64 = 1_714_521_600_000;
        for value in [
            json!(MAY),
            json!("1714521600000"),
            json!(" 1714521600000.0 "),
            json!("2024-05-01"),
            json!("2024-05-01T00:00:00Z"),
            json!("2024-05-01 00:00:00"),
            json!("2024-05-01T00:00"),
            json!("2024-05-01T02:00:00.000+02:00"),
        ] {
            assert_eq!(time(&value), Some(MAY), "{value}");
        }
        for value in [
            json!("2024-02-30"),
            json!("31.01.2025"),
            json!("today"),
            json!(true),
            json!(9e15),
            json!({}),
        ] {
            assert_eq!(time(&value), None, "{value}");
        }
    }

    #[test]
    fn a_day_has_one_form() {
        for value in [
            json!(1_738_281_600_000_i64),
            json!("1738281600000"),
            json!("2025-01-31"),
            json!("2025-01-31T23:59:59Z"),
        ] {
            let mut details = Map::from_iter([("renewal_date".to_owned(), value.clone())]);
            assert!(settle_day(&mut details));
            assert_eq!(details["renewal_date"], "2025-01-31", "{value}");
        }
        for value in [
            json!(true),
            json!("31.01.2025"),
            json!("2024-02-30"),
            json!(20_250_131),
            json!(1_738_281_600),
        ] {
            let mut details = Map::from_iter([("renewal_date".to_owned(), value.clone())]);
            assert!(!settle_day(&mut details));
            assert_eq!(details["renewal_date"], value);
        }
        let mut details = Map::from_iter([("renewal_date".to_owned(), json!(""))]);
        assert!(settle_day(&mut details));
        assert_eq!(details["renewal_date"], Value::Null);
    }

    #[test]
    fn flags_and_counts_come_as_text() {
        for (value, expected) in [
            (json!("True"), Some(true)),
            (json!(" FALSE "), Some(false)),
            (json!("1"), Some(true)),
            (json!(0), Some(false)),
            (json!("maybe"), None),
        ] {
            assert_eq!(flag(&value), expected, "{value}");
        }
        assert_eq!(count(&json!("3")), Some(3));
        assert_eq!(count(&json!(3.0)), Some(3));
        assert_eq!(count(&json!("3.5")), None);
        assert_eq!(count(&json!(-1)), None);
    }
}
