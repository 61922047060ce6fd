//! Dates and times in UTC, as texts and in ms since the Unix epoch.
//!
//! The timestamps of [`jiff`] end a day before its calendar does. The last day, 9999-12-31, is what
//! many programs write for a contract without an end, so times are computed from dates here.

use jiff::{
    Span, Timestamp,
    civil::{Date, Time},
    fmt::temporal::Pieces,
    tz::Offset,
};

use super::day::EPOCH;

const DAY_MS: i64 = 86_400_000;

/// The first ms of the year 0, in ms since the Unix epoch.
pub const FIRST_MS: i64 = -62_167_219_200_000;

/// The last ms of the year 9999, in ms since the Unix epoch.
pub const LAST_MS: i64 = 253_402_300_799_999;

/// Reads a date such as `2024-05-01`, before 1970 too, and returns its first ms in UTC since
/// the Unix epoch.
pub fn start_of_date(text: &str) -> Option<i64> {
    let is_plain = text.len() == 10 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-'));
    let date = text.parse().ok().filter(|_| is_plain)?;
    Some(ms_in_utc(date, Time::midnight()))
}

/// The date in UTC of a time in ms since the Unix epoch, such as `2024-05-01`; `None` outside
/// the years 0 to 9999.
pub fn date_in_utc(ms: i64) -> Option<String> {
    let is_known = (FIRST_MS..=LAST_MS).contains(&ms);
    is_known.then(|| day_in_utc(ms).to_string())
}

/// Reads a date with a time, such as `2024-05-01T12:00:00Z`, as ms since the Unix epoch.
/// Without an offset, the time is in UTC.
pub fn moment(text: &str) -> Option<i64> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let pieces = Pieces::parse(text).ok()?;
    // A date without a time is left to the stricter parser of dates.
    let local_ms = ms_in_utc(pieces.date(), pieces.time()?);
    let offset = pieces.to_numeric_offset().unwrap_or(Offset::UTC);
    Some(local_ms - i64::from(offset.seconds()) * 1000)
}

/// A date and a time in UTC, in ms since the Unix epoch.
pub(super) fn ms_in_utc(date: Date, time: Time) -> i64 {
    let since = date
        .to_datetime(time)
        .duration_since(EPOCH.to_datetime(Time::midnight()));
    i64::try_from(since.as_millis()).unwrap_or(LAST_MS)
}

/// The date in UTC of a time in ms since the Unix epoch. Times outside the years 0 to 9999 have the
/// first or last date.
pub(super) fn day_in_utc(ms: i64) -> Date {
    let ms = ms.clamp(FIRST_MS, LAST_MS);
    if let Ok(moment) = Timestamp::from_millisecond(ms) {
        return Offset::UTC.to_datetime(moment).date();
    }
    let days = Span::new().try_days(ms.div_euclid(DAY_MS));
    let date = days.and_then(|days| EPOCH.checked_add(days));
    date.unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_of_the_calendar_is_a_day_like_any_other() {
        for (text, ms, date) in [
            ("9999-12-31", 253_402_214_400_000, "9999-12-31"),
            ("9999-12-30", 253_402_128_000_000, "9999-12-30"),
            ("1969-12-31", -86_400_000, "1969-12-31"),
            ("0000-01-01", FIRST_MS, "0000-01-01"),
        ] {
            assert_eq!(start_of_date(text), Some(ms), "{text}");
            assert_eq!(date_in_utc(ms).as_deref(), Some(date));
            assert_eq!(date_in_utc(ms + DAY_MS - 1).as_deref(), Some(date));
        }
        for text in [
            "9999-12-31T23:59:59.999Z",
            "9999-12-31T23:59:59.999",
            "9999-12-31 23:59:59.999+00:00",
            "9999-12-31T18:59:59.999-05:00",
        ] {
            assert_eq!(moment(text), Some(LAST_MS), "{text}");
        }
        for text in [
            "9999-12-32",
            "9999-12-31T24:00:01Z",
            "10000-01-01",
            "9999-12-31Z",
        ] {
            assert_eq!(start_of_date(text).or(moment(text)), None, "{text}");
        }
        assert_eq!(date_in_utc(LAST_MS + 1), None);
        assert_eq!(date_in_utc(FIRST_MS - 1), None);
    }
}
