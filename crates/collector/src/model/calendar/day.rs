//! Days, independent of a time zone.

use std::{fmt, str::FromStr};

use jiff::{
    ToSpan,
    civil::{Date, date},
};

/// The day with the number 0.
pub(super) const EPOCH: Date = date(1970, 1, 1);

/// A day of the calendar, independent of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// 1 January of the year 0.
    pub(super) const FIRST: Day = Day(-719_528);

    /// 1 January 1970, the day of the Unix epoch.
    pub const EPOCH: Day = Day(0);

    /// 31 December 9999.
    pub(super) const LAST: Day = Day(2_932_896);

    /// Its number; 1 January 1970 has the number 0.
    pub fn number(self) -> i32 {
        self.0
    }

    pub(super) fn of(date: Date) -> Day {
        let days = date.duration_since(EPOCH).as_hours() / 24;
        Day(i32::try_from(days).unwrap_or(Day::LAST.0)).clamp(Day::FIRST, Day::LAST)
    }

    pub(super) fn date(self) -> Date {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_only_as_it_is_written() {
        assert_eq!(
            "2024-05-01".parse::<Day>().unwrap().to_string(),
            "2024-05-01"
        );
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
    }
}
