//! When users, accounts and names were active.

use roaring::RoaringBitmap;

use crate::{
    model::calendar::{CalendarUnit, TimeZone},
    store::{
        sqlite::facts::QUARTER_MS,
        usage::{ActivitySpan, CalendarIndex},
    },
};

/// The times when each value of a dimension was active. A value takes some 50 bytes and two more
/// for each day.
#[derive(Debug)]
pub(super) struct PresenceIndex {
    calendar: CalendarIndex,
    /// For each number of a value, the index of its presence plus one; 0 for none.
    index: Vec<u32>,
    found: Vec<Presence>,
}

/// The times when one value was active.
#[derive(Debug, Default)]
struct Presence {
    first: u32,
    last: u32,
    /// The days of the span with an event.
    days: RoaringBitmap,
    /// The last recorded day. Most facts repeat it.
    previous_day: Option<u32>,
}

impl PresenceIndex {
    pub(super) fn new(time_zone: &TimeZone) -> Self {
        PresenceIndex {
            calendar: CalendarIndex::new(time_zone, CalendarUnit::Day),
            index: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Records a quarter of an hour with an event, and its day if it lies in the span.
    #[inline]
    pub(super) fn record(&mut self, value: u32, quarter: u32, is_in_span: bool) {
        let place = value as usize;
        let at = match self.index.get(place) {
            Some(&index) if index > 0 => index as usize - 1,
            _ => self.insert(place, quarter),
        };
        let presence = &mut self.found[at];
        presence.first = presence.first.min(quarter);
        presence.last = presence.last.max(quarter);
        if is_in_span {
            let day = self.calendar.key(quarter);
            if presence.previous_day != Some(day) {
                presence.previous_day = Some(day);
                presence.days.insert(day);
            }
        }
    }

    #[cold]
    fn insert(&mut self, place: usize, quarter: u32) -> usize {
        if place >= self.index.len() {
            self.index.resize(place + 1, 0);
        }
        self.found.push(Presence {
            first: quarter,
            last: quarter,
            ..Presence::default()
        });
        self.index[place] = self.found.len() as u32;
        self.found.len() - 1
    }

    fn get(&self, value: u32) -> Option<&Presence> {
        let index = self.index.get(value as usize).copied()?;
        self.found.get((index as usize).checked_sub(1)?)
    }

    /// The first quarter of an hour with an event.
    pub(super) fn first(&self, value: u32) -> Option<u32> {
        self.get(value).map(|presence| presence.first)
    }

    /// The times when a value was active.
    pub(super) fn seen(&self, value: u32) -> Option<ActivitySpan> {
        let ms = |quarter: u32| i64::from(quarter) * QUARTER_MS;
        self.get(value).map(|presence| ActivitySpan {
            first_seen: ms(presence.first),
            last_seen: ms(presence.last),
            active_days: presence.days.len() as i64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_in_the_span_and_times_over_all_time() {
        let mut index = PresenceIndex::new(&TimeZone::UTC);
        let day = |day: u32| day * 96;
        for (value, quarter, is_in_span) in [
            (7, day(10) + 5, true),
            (7, day(10) + 90, true),
            (7, day(3), false),
            (7, day(12), true),
            (7, day(10), true),
            (2, day(1), false),
        ] {
            index.record(value, quarter, is_in_span);
        }
        let seen = |first: u32, last: u32, active_days| ActivitySpan {
            first_seen: i64::from(first) * QUARTER_MS,
            last_seen: i64::from(last) * QUARTER_MS,
            active_days,
        };
        assert_eq!(index.seen(7), Some(seen(day(3), day(12), 2)));
        assert_eq!(index.seen(2), Some(seen(day(1), day(1), 0)));
        assert_eq!((index.seen(1), index.first(9)), (None, None));
        assert_eq!(index.first(7), Some(day(3)));
    }
}
