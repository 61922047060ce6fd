//! Months.

use std::fmt;

use jiff::civil::{Date, Time};

use super::{
    day::EPOCH,
    moment::{day_in_utc, ms_in_utc},
};

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
        let date = day_in_utc(ms);
        Month((i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1)
    }

    /// The first ms of the month in UTC.
    pub fn start_ms(self) -> i64 {
        let year = 1970 + self.0.div_euclid(12);
        let month = self.0.rem_euclid(12) + 1;
        // Both fit, because the number was computed from a day.
        let first = Date::new(year as i16, month as i8, 1).unwrap_or(EPOCH);
        ms_in_utc(first, Time::midnight())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_a_number_a_name_and_two_ends() {
        for (ms, number, name) in [
            (0, 0, "1970-01"),
            (1_700_000_000_000, 646, "2023-11"),
            (1_701_388_799_999, 646, "2023-11"),
            (1_701_388_800_000, 647, "2023-12"),
            (-1, -1, "1969-12"),
            (-62_167_219_200_000, -23_640, "0000-01"),
            (253_402_214_400_000, 96_359, "9999-12"),
        ] {
            let month = Month::at(ms);
            assert_eq!(
                (month.number(), month.to_string()),
                (number, name.to_owned())
            );
            assert!(month.start_ms() <= ms);
            assert!(ms < month.end_ms() || number == 96_359, "the last one");
        }
        assert_eq!(Month::at(0).start_ms(), 0);
        assert_eq!(Month::from_number(647).start_ms(), 1_701_388_800_000);
    }
}
