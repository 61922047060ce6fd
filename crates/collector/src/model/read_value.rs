//! Reads values as clients write them: numbers, flags, times and texts of records. Clients
//! that send forms or CSV can only send texts.

use natero_event::{limits::MAX_ID_CHARS, received};
use serde_json::{Map, Value};

use super::calendar;

/// The error text for what a flag must be.
pub(super) const FLAG: &str = "true or false";

/// The error text for what a time must be.
pub(super) const TIME: &str = "a time in ms since the Unix epoch, or a date such as \
     \"2024-05-01\" or \"2024-05-01T12:00:00Z\"";

/// Reads a finite number, or a text such as `12.50`.
pub fn number(value: &Value) -> Option<f64> {
    received::number(value)
}

/// Reads a whole number that is not below 0.
pub(super) fn count(value: &Value) -> Option<u64> {
    let number = number(value)?;
    let is_whole = number.fract() == 0.0 && (0.0..=9e15).contains(&number);
    is_whole.then_some(number as u64)
}

/// Reads a boolean, a text of any case, or 0 or 1.
pub fn flag(value: &Value) -> Option<bool> {
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

/// Numbers whose absolute value is in this range are not accepted as times in ms. They are
/// years, dates of eight digits, or seconds up to the year 2128. As ms, all of them would lie
/// within two months of January 1970.
const NO_MS: std::ops::Range<f64> = 1e3..5e9;

/// Reads a time: ms since the Unix epoch, as a number or text; a date such as `2024-05-01`,
/// which stands for its first ms in UTC; or a date with a time, which is in UTC unless it has
/// an offset.
pub(super) fn time(value: &Value) -> Option<i64> {
    if let Some(text) = value.as_str().map(str::trim)
        && let Some(ms) = calendar::start_of_date(text).or_else(|| calendar::moment(text))
    {
        return (calendar::FIRST_MS..=calendar::LAST_MS)
            .contains(&ms)
            .then_some(ms);
    }
    let ms = number(value)?;
    // Only these years have four digits, so that their months and days can be named.
    let is_named = (calendar::FIRST_MS..=calendar::LAST_MS).contains(&(ms as i64));
    (is_named && !NO_MS.contains(&ms.abs())).then_some(ms as i64)
}

/// Reads a day, such as `2024-05-01`. A time stands for its day in UTC.
pub fn day(value: &Value) -> Option<String> {
    time(value).and_then(calendar::date_in_utc)
}

/// Reads a text and trims it. The result may be empty and has at most 256 characters. A
/// number stands for its digits.
pub(super) fn short_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    (text.chars().count() <= MAX_ID_CHARS).then_some(text)
}

/// A detail of an account that is normalized, so that lists can be filtered by it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    /// Its name.
    pub(super) field: &'static str,
    /// The error text for what it must be.
    pub(super) expected: &'static str,
    /// Reads it in all forms that clients use.
    read: fn(&Value) -> Option<Value>,
}

/// A day, such as `2025-01-31`.
const RENEWAL_DATE: Settled = Settled {
    field: "renewal_date",
    expected: "a date such as \"2025-01-31\", or a time in ms since the Unix epoch",
    read: |value| day(value).map(Value::from),
};

const SETTLED: [Settled; 3] = [
    RENEWAL_DATE,
    Settled {
        field: "is_churned",
        expected: "true or false, or yes or no",
        read: |value| flag(value).or_else(|| yes_or_no(value)).map(Value::from),
    },
    Settled {
        field: "employees",
        expected: "a whole number that is not below 0, or a range in words such as \"51-200\"",
        read: head_count,
    },
];

impl Settled {
    /// Normalizes the field in the details. A blank text counts as no value. Returns false,
    /// and changes nothing, if the value cannot be read.
    fn settle(&self, details: &mut Map<String, Value>) -> bool {
        let Some(value) = details.get_mut(self.field).filter(|value| !value.is_null()) else {
            return true;
        };
        let is_blank = value.as_str().is_some_and(|text| text.trim().is_empty());
        let settled = if is_blank {
            Some(Value::Null)
        } else {
            (self.read)(value)
        };
        settled.map(|settled| *value = settled).is_some()
    }
}

/// Reads what people write for yes and no in tables.
fn yes_or_no(value: &Value) -> Option<bool> {
    let text = value.as_str()?.trim();
    let is_yes = text.eq_ignore_ascii_case("yes");
    (is_yes || text.eq_ignore_ascii_case("no")).then_some(is_yes)
}

/// Reads a number of people, which may have its digits in groups of three. Any other text is
/// kept as it is, because often only a range is known.
fn head_count(value: &Value) -> Option<Value> {
    let Some(text) = value.as_str().map(str::trim) else {
        return count(value).map(Value::from);
    };
    let ungrouped = ungrouped(text);
    let text = ungrouped.as_deref().unwrap_or(text);
    match number(&text.into()) {
        Some(_) => count(&text.into()).map(Value::from),
        None => Some(text.into()),
    }
}

/// The digits of a number that is written in groups of three, such as `1,200`.
fn ungrouped(text: &str) -> Option<String> {
    const BETWEEN: [char; 6] = [',', '\'', '’', ' ', '\u{a0}', '\u{202f}'];
    let between = text.chars().find(|letter| BETWEEN.contains(letter))?;
    let mut groups = text.split(between);
    let first = groups.next()?;
    let is_grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    let digits = text.replace(between, "");
    let is_number = is_grouped && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(digits)
}

/// Normalizes the details of an account. Returns the fields that cannot be read; these are
/// kept unchanged.
#[must_use]
pub(super) fn settle(details: &mut Map<String, Value>) -> Vec<Settled> {
    let unreadable = SETTLED.iter().filter(|field| !field.settle(details));
    unreadable.copied().collect()
}

/// Normalizes the renewal date in the details to the form `2025-01-31`. Returns false, and
/// changes nothing, if the value is not a day.
#[must_use]
pub fn settle_day(details: &mut Map<String, Value>) -> bool {
    RENEWAL_DATE.settle(details)
}

/// Reads a field of a record that has no type of its own. A text such as `true`, in any case,
/// becomes a boolean: tables contain only texts, and spreadsheets write `TRUE`. Ids and names
/// stay texts in any case.
pub(super) fn free_value(name: &str, value: Value) -> Value {
    let is_name = name.ends_with("_id") || name.ends_with("name");
    match value.as_str().filter(|_| !is_name).map(str::trim) {
        Some(text) if text.eq_ignore_ascii_case("true") => true.into(),
        Some(text) if text.eq_ignore_ascii_case("false") => false.into(),
        Some(_) | None => value,
    }
}

/// Converts texts to the type that their fields already have: `"40"` becomes the number 40 if
/// a number is stored. So importing a table of the stored values changes nothing.
pub(super) fn keep_types(stored: &Map<String, Value>, new: &mut Map<String, Value>) {
    for (name, value) in new {
        let (Some(Value::Number(_)), Value::String(text)) = (stored.get(name), &*value) else {
            continue;
        };
        if let Ok(Value::Number(number)) = serde_json::from_str(text)
            // `1.50` and `1e3` stay texts, because the number would be written in another
            // way.
            && number.to_string() == *text
        {
            *value = Value::Number(number);
        }
    }
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
    fn seconds_years_and_digits_of_a_date_are_no_times_in_ms() {
        for value in [
            json!(1_714_521_600),
            json!("1714521600"),
            json!("20240501"),
            json!(20_240_501),
            json!(2024),
            json!(-1_714_521_600),
        ] {
            assert_eq!(time(&value), None, "{value}");
            assert_eq!(day(&value), None, "{value}");
        }
        assert_eq!(time(&json!(0)), Some(0));
        assert_eq!(time(&json!(-1)), Some(-1));
    }

    #[test]
    fn a_date_before_1970_is_a_time_and_a_day() {
        let date = json!("1965-03-01");
        assert_eq!(time(&date), Some(-152_668_800_000));
        assert_eq!(time(&json!("1965-03-01T00:00:00Z")), time(&date));
        assert_eq!(day(&date).unwrap(), "1965-03-01");
        assert_eq!(day(&json!(-1)).unwrap(), "1969-12-31");
        assert_eq!(day(&json!("1972-01-01")).unwrap(), "1972-01-01");
    }

    #[test]
    fn fields_with_a_meaning_are_kept_in_one_form() {
        let settled = |field: &str, value: Value| {
            let mut details = Map::from_iter([(field.to_owned(), value)]);
            let unreadable = settle(&mut details);
            (details.remove(field).unwrap(), unreadable.len())
        };
        for value in [
            json!("True"),
            json!("TRUE"),
            json!(1),
            json!("yes"),
            json!(true),
        ] {
            assert_eq!(settled("is_churned", value), (json!(true), 0));
        }
        assert_eq!(settled("is_churned", json!("No")), (json!(false), 0));
        assert_eq!(settled("is_churned", json!(" ")), (Value::Null, 0));
        assert_eq!(settled("is_churned", json!("soon")), (json!("soon"), 1));
        for value in [
            json!(1200),
            json!("1200"),
            json!("1,200"),
            json!("1’200"),
            json!(1200.0),
        ] {
            assert_eq!(settled("employees", value), (json!(1200), 0));
        }
        assert_eq!(settled("employees", json!("51-200")), (json!("51-200"), 0));
        assert_eq!(settled("employees", json!("1,20")), (json!("1,20"), 0));
        for value in [json!(-1), json!("1.5"), json!(true), json!([])] {
            assert_eq!(settled("employees", value.clone()), (value, 1));
        }
    }

    #[test]
    fn a_text_takes_the_type_of_the_number_that_is_stored() {
        let stored = json!({"seats": 40, "score": 1.5, "code": "7"});
        let mut new = json!({"seats": "41", "score": "1.5", "code": "7", "new": "7"});
        let (Value::Object(stored), Value::Object(new_fields)) = (stored, &mut new) else {
            panic!("objects")
        };
        keep_types(&stored, new_fields);
        assert_eq!(
            new,
            json!({"seats": 41, "score": 1.5, "code": "7", "new": "7"})
        );
        let mut padded = Map::from_iter([("seats".to_owned(), json!("041"))]);
        keep_types(&stored, &mut padded);
        assert_eq!(padded["seats"], "041");
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
