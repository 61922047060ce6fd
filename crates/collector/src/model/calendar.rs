//! Days, weeks and months of a time zone.

use std::{fmt, str::FromStr};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, DateTime, Time, date},
    tz,
};
use serde::Deserialize;

/// The day with the number 0.
const EPOCH: Date = date(1970, 1, 1);

/// A day of the calendar, independent of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// The day before the Unix epoch. West of Greenwich, the first ms of the epoch is on that
    /// day.
    const FIRST: Day = Day(-1);

    /// 1 January 1970, the day of the Unix epoch.
    pub const EPOCH: Day = Day(0);

    /// In December 9999, where the calendar of [`jiff`] ends in some time zones.
    const LAST: Day = Day(2_932_890);

    /// Its number; 1 January 1970 has the number 0.
    pub fn number(self) -> i32 {
        self.0
    }

    fn of(date: Date) -> Day {
        let days = date.duration_since(EPOCH).as_hours() / 24;
        Day(i32::try_from(days).unwrap_or(Day::LAST.0)).clamp(Day::FIRST, Day::LAST)
    }

    fn date(self) -> Date {
        EPOCH.checked_add(self.0.days()).unwrap_or(EPOCH)
    }

    /// The day that is `days` later, or earlier when `days` is negative.
    #[must_use]
    pub fn plus(self, days: i64) -> Day {
        let number = i64::from(self.0).saturating_add(days);
        let number = number.clamp(Day::FIRST.0.into(), Day::LAST.0.into());
        Day(number as i32)
    }

    /// Number of days from this one to a later one.
    pub fn until(self, later: Day) -> i64 {
        i64::from(later.0) - i64::from(self.0)
    }
}

/// `2024-05-01`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

/// The error for a text that is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day such as 2024-05-01")]
pub struct InvalidDay;

impl FromStr for Day {
    type Err = InvalidDay;

    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        let is_plain = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let date: Date = text.parse().map_err(|_| InvalidDay)?;
        if is_plain && date >= EPOCH {
            Ok(Day::of(date))
        } else {
            Err(InvalidDay)
        }
    }
}

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

/// A month of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month with a number.
    pub fn from_number(number: i32) -> Self {
        Month(number)
    }

    /// Its number; January 1970 has the number 0.
    pub fn number(self) -> i32 {
        self.0
    }

    /// The month in UTC of a time in ms since the Unix epoch.
    pub fn at(ms: i64) -> Self {
        let date = TimeZone::UTC.day_at(ms).date();
        Month((i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1)
    }

    /// The first ms of the month in UTC.
    pub fn start_ms(self) -> i64 {
        let year = 1970 + self.0.div_euclid(12);
        let month = self.0.rem_euclid(12) + 1;
        // Both fit, because the number was computed from a day.
        let first = Date::new(year as i16, month as i8, 1).unwrap_or(EPOCH);
        TimeZone::UTC.start_of(Day::of(first))
    }

    /// The first ms after the month in UTC.
    pub fn end_ms(self) -> i64 {
        Month(self.0 + 1).start_ms()
    }
}

/// `2024-05`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (1970 + self.0.div_euclid(12), self.0.rem_euclid(12) + 1);
        write!(f, "{year:04}-{month:02}")
    }
}

/// A unit of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarUnit {
    /// A day.
    Day,
    /// A week, which begins on Monday.
    Week,
    /// A month.
    Month,
}

impl CalendarUnit {
    /// The first day of the unit that contains a day.
    pub fn first(self, day: Day) -> Day {
        match self {
            CalendarUnit::Day => day,
            // 1 January 1970 was a Thursday.
            CalendarUnit::Week => day.plus(-i64::from((day.0 + 3).rem_euclid(7))),
            CalendarUnit::Month => Day::of(day.date().first_of_month()),
        }
    }

    /// The first day of the unit after the one that contains a day.
    pub fn next(self, day: Day) -> Day {
        let first = self.first(day);
        match self {
            CalendarUnit::Day => first.plus(1),
            CalendarUnit::Week => first.plus(7),
            CalendarUnit::Month => first.plus(first.date().days_in_month().into()),
        }
    }

    /// The name of the unit that begins with a day: `2024-05-01` for a day, and for the week
    /// of that Monday; `2024-05` for a month.
    pub fn name(self, first: Day) -> String {
        let day = first.to_string();
        match self {
            CalendarUnit::Day | CalendarUnit::Week => day,
            CalendarUnit::Month => day[..7].to_owned(),
        }
    }
}

/// A time zone of the IANA database, such as `Europe/Zurich`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TimeZone(tz::TimeZone);

/// The error for a name that no time zone has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time zone is named {0:?}; use an IANA name such as America/New_York, or UTC")]
pub struct UnknownTimeZone(String);

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: TimeZone = TimeZone(tz::TimeZone::UTC);

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day of a time in ms since the Unix epoch.
    pub fn day_at(&self, ms: i64) -> Day {
        let day = Day::of(self.0.to_datetime(timestamp(ms)).date());
        // Where clocks are set back across midnight, the evening occurs twice. The second
        // one belongs to the new day, because it comes after the day's first midnight.
        if ms >= self.start_of(day.plus(1)) {
            day.plus(1)
        } else if ms < self.start_of(day) {
            day.plus(-1)
        } else {
            day
        }
    }

    /// The first ms of a day. In time zones where clocks are set forward at midnight,
    /// midnight is skipped, and the day begins after the skipped time.
    pub fn start_of(&self, day: Day) -> i64 {
        let midnight = day.date().to_datetime(Time::midnight());
        match self.0.to_ambiguous_timestamp(midnight).compatible() {
            Ok(start) => start.as_millisecond(),
            Err(_) => i64::from(day.0) * 86_400_000,
        }
    }

    /// The time of day, as `17:30:05`.
    pub fn time_at(&self, ms: i64) -> String {
        let time = self.0.to_datetime(timestamp(ms)).time();
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

/// A time, clamped to the range of [`Day`].
fn timestamp(ms: i64) -> Timestamp {
    let last = i64::from(Day::LAST.0) * 86_400_000;
    Timestamp::from_millisecond(ms.clamp(0, last)).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(name: &str) -> Result<Self, UnknownTimeZone> {
        let unknown = || UnknownTimeZone(name.to_owned());
        // The folder of the system has more names, such as `localtime` and `posix/UTC`. Their
        // meaning depends on the machine.
        let is_iana = tz::TimeZoneDatabase::bundled().get(name).is_ok();
        let zone = tz::TimeZone::get(name).ok();
        zone.filter(|zone| is_iana && !zone.is_unknown())
            .map(TimeZone)
            .ok_or_else(unknown)
    }
}

impl TryFrom<String> for TimeZone {
    type Error = UnknownTimeZone;

    fn try_from(name: String) -> Result<Self, UnknownTimeZone> {
        name.parse()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn zone(name: &str) -> TimeZone {
        name.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// Length of a day in hours.
    fn length(zone: &TimeZone, of: &str) -> f64 {
        let day = day(of);
        (zone.start_of(day.plus(1)) - zone.start_of(day)) as f64 / HOUR as f64
    }

    #[test]
    fn friday_evening_in_san_francisco_is_friday() {
        // 2024-05-04T00:30:00Z.
        let at = 1_714_782_600_000;
        assert_eq!(zone("America/Los_Angeles").day_at(at), day("2024-05-03"));
        assert_eq!(TimeZone::UTC.day_at(at), day("2024-05-04"));
        assert_eq!(zone("America/Los_Angeles").time_at(at), "17:30:00");
    }

    #[test]
    fn days_are_longer_and_shorter_where_clocks_are_set() {
        for (name, on, hours) in [
            ("America/New_York", "2024-03-10", 23.0),
            ("America/New_York", "2024-11-03", 25.0),
            ("Europe/Zurich", "2024-03-31", 23.0),
            ("Europe/Zurich", "2024-10-27", 25.0),
            // By half an hour.
            ("Australia/Lord_Howe", "2024-04-07", 24.5),
            ("Australia/Lord_Howe", "2024-10-06", 23.5),
            // At midnight: the day begins at 01:00.
            ("Africa/Cairo", "2024-04-26", 23.0),
            ("Asia/Kathmandu", "2024-04-26", 24.0),
            ("UTC", "2024-03-31", 24.0),
            // This day was skipped when the country moved to the other side of the date
            // line.
            ("Pacific/Apia", "2011-12-30", 0.0),
        ] {
            assert_eq!(length(&zone(name), on), hours, "{name} {on}");
        }
        let cairo = zone("Africa/Cairo");
        assert_eq!(cairo.time_at(cairo.start_of(day("2024-04-26"))), "01:00:00");
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let of = |unit: CalendarUnit, text: &str| {
            let day = day(text);
            let first = unit.first(day);
            (unit.name(first), unit.next(day).to_string())
        };
        let names = |first: &str, next: &str| (first.to_owned(), next.to_owned());
        let week = CalendarUnit::Week;
        assert_eq!(of(week, "2024-05-01"), names("2024-04-29", "2024-05-06"));
        assert_eq!(of(week, "2024-04-29"), names("2024-04-29", "2024-05-06"));
        assert_eq!(of(week, "2024-05-05"), names("2024-04-29", "2024-05-06"));
        let month = CalendarUnit::Month;
        assert_eq!(of(month, "2024-02-29"), names("2024-02", "2024-03-01"));
        assert_eq!(of(month, "2023-12-31"), names("2023-12", "2024-01-01"));
    }

    #[test]
    fn a_month_has_a_number_a_name_and_two_ends() {
        for (ms, number, name) in [
            (0, 0, "1970-01"),
            (1_700_000_000_000, 646, "2023-11"),
            (1_701_388_799_999, 646, "2023-11"),
            (1_701_388_800_000, 647, "2023-12"),
        ] {
            let month = Month::at(ms);
            assert_eq!(
                (month.number(), month.to_string()),
                (number, name.to_owned())
            );
            assert!(month.start_ms() <= ms && ms < month.end_ms());
        }
        assert_eq!(Month::at(0).start_ms(), 0);
        assert_eq!(Month::from_number(647).start_ms(), 1_701_388_800_000);
    }

    #[test]
    fn a_day_is_read_only_as_it_is_written() {
        assert_eq!(day("2024-05-01").to_string(), "2024-05-01");
        for wrong in [
            "2024-13-01",
            "2024-02-30",
            "1.5.2024",
            "",
            "1900-01-01",
            "2024-5-001",
            "20240501",
            "2024-05-01T00:00",
        ] {
            assert_eq!(wrong.parse::<Day>(), Err(InvalidDay), "{wrong}");
        }
        for wrong in [
            "Mars/Olympus",
            "localtime",
            "LocalTime",
            "posixrules",
            "posix/Europe/Zurich",
            "right/Europe/Zurich",
            "Etc/Unknown",
            "tzdata.zi",
            "../zoneinfo/UTC",
            "",
        ] {
            assert!(wrong.parse::<TimeZone>().is_err(), "{wrong}");
        }
        for right in ["Europe/Kyiv", "US/Pacific", "Etc/GMT+5", "europe/zurich"] {
            assert!(right.parse::<TimeZone>().is_ok(), "{right}");
        }
        assert_eq!(zone("Europe/Zurich").to_string(), "Europe/Zurich");
        assert_eq!(zone("UTC").name(), "UTC");
    }

    #[test]
    fn times_beyond_the_calendar_are_moved_to_its_ends() {
        for zone in [TimeZone::UTC, zone("Asia/Kathmandu"), zone("Pacific/Apia")] {
            for ms in [i64::MIN, -1, i64::MAX] {
                let day = zone.day_at(ms);
                assert!((Day::FIRST..=Day::LAST).contains(&day));
            }
            assert_eq!(Day::LAST.plus(9), Day::LAST);
            zone.start_of(Day::LAST.plus(1));
        }
    }

    proptest! {
        #[test]
        fn each_time_lies_in_exactly_one_day(
            ms in 946_684_800_000..2_000_000_000_000i64,
            name in prop_oneof![
                Just("UTC"), Just("America/New_York"), Just("America/St_Johns"), Just("Asia/Kathmandu"),
                Just("Australia/Lord_Howe"), Just("Africa/Cairo"), Just("Pacific/Apia"),
                Just("Pacific/Chatham"), Just("America/Sao_Paulo"), Just("Asia/Tehran"),
            ],
        ) {
            let zone = zone(name);
            let day = zone.day_at(ms);
            prop_assert!(zone.start_of(day) <= ms);
            prop_assert!(ms < zone.start_of(day.plus(1)));
        }
    }
}
