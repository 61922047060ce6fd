//! The bars of a chart: days, weeks, months, or rolling sums of days.

use super::{
    calendar::{CalendarUnit, Day, TimeZone},
    usage::Span,
};

/// The time that a bar of the chart stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bars {
    /// A day.
    #[default]
    Days,
    /// A week.
    Weeks,
    /// A month.
    Months,
    /// Each day together with the six days before it.
    Rolling7,
    /// Each day together with the 27 days before it.
    Rolling28,
}

/// Most bars of a chart. With more, a bar would be narrower than a pixel; and one event of a
/// client with a wrong clock must not add millions of bars.
const MAX_BARS: i64 = 1100;

/// The days of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarDays {
    /// Its first day.
    pub first: Day,
    /// The day after its last one.
    pub end: Day,
}

impl BarDays {
    /// As many days, earlier by `days`.
    pub fn earlier(self, days: i64) -> BarDays {
        BarDays {
            first: self.first.plus(-days),
            end: self.end.plus(-days),
        }
    }

    /// The time span of its days.
    pub fn span(self, time_zone: &TimeZone) -> Span {
        Span {
            from: time_zone.start_of(self.first),
            to: time_zone.start_of(self.end),
        }
    }
}

/// The bars of a period, in order. The first and last week or month are cut to the period.
pub fn bars(kind: Bars, from: Day, end: Day) -> Vec<BarDays> {
    let (unit, longest, before) = match kind {
        Bars::Days => (CalendarUnit::Day, 1, 0),
        Bars::Weeks => (CalendarUnit::Week, 7, 0),
        Bars::Months => (CalendarUnit::Month, 31, 0),
        Bars::Rolling7 => (CalendarUnit::Day, 1, 6),
        Bars::Rolling28 => (CalendarUnit::Day, 1, 27),
    };
    let mut at = from.max(end.plus(-MAX_BARS * longest));
    let mut bars = Vec::new();
    while at < end {
        let next = unit.next(at).min(end);
        bars.push(BarDays {
            first: at.plus(-before),
            end: next,
        });
        at = next;
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(kind: Bars, from: &str, end: &str) -> Vec<(String, String)> {
        bars(kind, from.parse().unwrap(), end.parse().unwrap())
            .into_iter()
            .map(|days| (days.first.to_string(), days.end.to_string()))
            .collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |text: &str| text.to_owned();
        pairs.iter().map(|(a, b)| (owned(a), owned(b))).collect()
    }

    #[test]
    fn weeks_begin_on_mondays_and_months_on_their_first() {
        assert_eq!(
            days(Bars::Weeks, "2024-05-01", "2024-05-15"),
            pairs(&[
                ("2024-05-01", "2024-05-06"),
                ("2024-05-06", "2024-05-13"),
                ("2024-05-13", "2024-05-15"),
            ])
        );
        assert_eq!(
            days(Bars::Months, "2023-12-20", "2024-03-02"),
            pairs(&[
                ("2023-12-20", "2024-01-01"),
                ("2024-01-01", "2024-02-01"),
                ("2024-02-01", "2024-03-01"),
                ("2024-03-01", "2024-03-02"),
            ])
        );
    }

    #[test]
    fn a_rolling_bar_ends_with_its_day() {
        assert_eq!(
            days(Bars::Rolling7, "2024-05-08", "2024-05-10"),
            pairs(&[("2024-05-02", "2024-05-09"), ("2024-05-03", "2024-05-10")])
        );
    }

    #[test]
    fn a_day_on_which_clocks_are_set_is_one_bar() {
        let zone: TimeZone = "Europe/Zurich".parse().unwrap();
        let day: Day = "2024-03-31".parse().unwrap();
        let bars = bars(Bars::Days, day, day.plus(1));
        let span = bars[0].span(&zone);
        assert_eq!((bars.len(), span.to - span.from), (1, 23 * 3_600_000));
    }

    #[test]
    fn a_wrong_clock_makes_no_endless_chart() {
        let end: Day = "2096-01-01".parse().unwrap();
        let all = bars(Bars::Days, Day::EPOCH, end);
        assert_eq!(all.len() as i64, MAX_BARS);
        assert_eq!(all.last().unwrap().end, end);
    }
}
