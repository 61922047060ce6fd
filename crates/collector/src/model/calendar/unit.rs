//! Days, weeks and months as parts of the calendar.

use super::day::Day;

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
            CalendarUnit::Week => day.plus(-i64::from((day.number() + 3).rem_euclid(7))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let of = |unit: CalendarUnit, text: &str| {
            let day: Day = text.parse().unwrap();
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
}
