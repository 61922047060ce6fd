//! Dates and times in UTC, as texts and in ms since the Unix epoch.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz,
};

/// Reads a date such as `2024-05-01`, before 1970 too, and returns its first ms in UTC since
/// the Unix epoch.
pub fn start_of_date(text: &str) -> Option<i64> {
    let is_plain = text.len() == 10 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-'));
    let date: Date = text.parse().ok().filter(|_| is_plain)?;
    let start = tz::TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight()));
    start.ok().map(Timestamp::as_millisecond)
}

/// The date in UTC of a time in ms since the Unix epoch, such as `2024-05-01`; `None` outside
/// the calendar.
pub fn date_in_utc(ms: i64) -> Option<String> {
    let moment = Timestamp::from_millisecond(ms).ok()?;
    Some(tz::TimeZone::UTC.to_datetime(moment).date().to_string())
}

/// Reads a date with a time, such as `2024-05-01T12:00:00Z`, as ms since the Unix epoch.
/// Without an offset, the time is in UTC.
pub fn moment(text: &str) -> Option<i64> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let civil: DateTime = text.parse().ok()?;
    let moment = tz::TimeZone::UTC.to_timestamp(civil).ok()?;
    // A date without a time is left to the stricter parser of dates.
    (text.len() > 10).then(|| moment.as_millisecond())
}
