//! Time zones, and the days of a time in them.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Time, tz};
use serde::Deserialize;

use super::{
    day::Day,
    moment::{FIRST_MS, LAST_MS, day_in_utc},
};

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
        // Dates that were given without a time are days of UTC, up to the last of the calendar.
        if self.0 == tz::TimeZone::UTC {
            return Day::of(day_in_utc(ms));
        }
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
            Err(_) => i64::from(day.number()) * 86_400_000,
        }
    }

    /// The time of day, as `17:30:05`.
    pub fn time_at(&self, ms: i64) -> String {
        let time = self.0.to_datetime(timestamp(ms)).time();
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}

/// A time, clamped to the range in which it has a day in every time zone.
fn timestamp(ms: i64) -> Timestamp {
    const FIRST: i64 = FIRST_MS + 86_400_000;
    /// The timestamps of [`jiff`] end on the day before the last, in some time zones.
    const LAST: i64 = LAST_MS - 7 * 86_400_000;
    Timestamp::from_millisecond(ms.clamp(FIRST, LAST)).unwrap_or(Timestamp::UNIX_EPOCH)
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

    use super::{super::moment::start_of_date, *};

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
    fn a_time_zone_has_a_name_of_the_iana_database() {
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
            zone.start_of(Day::FIRST);
        }
    }

    #[test]
    fn a_date_without_a_time_is_shown_as_it_was_written_whatever_the_year() {
        for date in [
            "0000-01-01",
            "1900-02-28",
            "1969-12-31",
            "1970-01-01",
            "9999-12-31",
        ] {
            let ms = start_of_date(date).unwrap();
            assert_eq!(TimeZone::UTC.day_at(ms).to_string(), date);
            assert_eq!(TimeZone::UTC.day_at(ms + 86_399_999).to_string(), date);
        }
        assert_eq!(zone("America/New_York").day_at(0).to_string(), "1969-12-31");
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
