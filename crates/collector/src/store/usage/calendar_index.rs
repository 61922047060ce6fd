//! Finds the day, week or month in which a quarter of an hour lies.

use std::ops::Range;

use crate::model::{
    calendar::{CalendarUnit, Day, TimeZone},
    quarter::QUARTER_MS,
};

/// Quarters of an hour in a UTC day.
const QUARTERS_A_DAY: u32 = 96;

/// Finds the calendar unit (day, week or month) in which a quarter of an hour begins. Each unit is
/// computed once. Most look-ups hit the same unit as the one before.
#[derive(Debug)]
pub(in crate::store) struct CalendarIndex {
    time_zone: TimeZone,
    unit: CalendarUnit,
    current: UnitRange,
    /// The computed units, by UTC day. A UTC day overlaps up to two of them, or three where clocks
    /// change.
    found: Vec<Vec<UnitRange>>,
}

/// The range of quarters of an hour of a unit, and its key.
#[derive(Debug, Clone)]
struct UnitRange {
    quarters: Range<u32>,
    key: u32,
}

impl CalendarIndex {
    pub(in crate::store) fn new(time_zone: &TimeZone, unit: CalendarUnit) -> Self {
        CalendarIndex {
            time_zone: time_zone.clone(),
            unit,
            current: UnitRange {
                quarters: 0..0,
                key: 0,
            },
            found: Vec::new(),
        }
    }

    /// The key of the unit of a quarter: a number small enough to index a table.
    #[inline]
    pub(in crate::store) fn key(&mut self, quarter: u32) -> u32 {
        if !self.current.quarters.contains(&quarter) {
            self.current = self.find(quarter);
        }
        self.current.key
    }

    /// The name of the unit with a key.
    pub(in crate::store) fn name(unit: CalendarUnit, key: u32) -> String {
        unit.name(Day::EPOCH.plus(i64::from(key) - 1))
    }

    fn find(&mut self, quarter: u32) -> UnitRange {
        let day = (quarter / QUARTERS_A_DAY) as usize;
        if day >= self.found.len() {
            self.found.resize(day + 1, Vec::new());
        }
        let of_day = &mut self.found[day];
        let known = of_day.iter().find(|unit| unit.quarters.contains(&quarter));
        if let Some(known) = known {
            return known.clone();
        }
        let day_of_quarter = self.time_zone.day_at(i64::from(quarter) * QUARTER_MS);
        let (first, next) = (
            self.unit.first(day_of_quarter),
            self.unit.next(day_of_quarter),
        );
        // A quarter belongs to the unit in which it begins.
        let quarter_from = |day: Day| {
            let start = self.time_zone.start_of(day).max(0);
            u32::try_from((start + QUARTER_MS - 1) / QUARTER_MS).unwrap_or(u32::MAX)
        };
        let found = UnitRange {
            quarters: quarter_from(first)..quarter_from(next),
            // Keys count from the day before the epoch, the earliest possible first day.
            key: u32::try_from(Day::EPOCH.plus(-1).until(first)).unwrap_or(0),
        };
        of_day.push(found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quarter_has_the_unit_in_which_it_begins() {
        for (name, unit) in [
            ("UTC", CalendarUnit::Day),
            ("America/New_York", CalendarUnit::Day),
            ("Asia/Kathmandu", CalendarUnit::Week),
            ("Australia/Lord_Howe", CalendarUnit::Month),
            ("Africa/Cairo", CalendarUnit::Day),
        ] {
            let time_zone: TimeZone = name.parse().unwrap();
            let mut index = CalendarIndex::new(&time_zone, unit);
            // A year from January 2024, in both directions.
            let year = 1_893_024..1_893_024 + 366 * QUARTERS_A_DAY;
            for quarter in year.clone().chain(year.rev().step_by(7)) {
                let day = time_zone.day_at(i64::from(quarter) * QUARTER_MS);
                let name = CalendarIndex::name(unit, index.key(quarter));
                assert_eq!(name, unit.name(unit.first(day)), "{time_zone} {quarter}");
            }
        }
    }

    #[test]
    fn the_first_and_the_last_quarter_have_a_day() {
        for name in ["America/New_York", "Asia/Kathmandu"] {
            let mut index = CalendarIndex::new(&name.parse().unwrap(), CalendarUnit::Day);
            index.key(0);
        }
    }
}
