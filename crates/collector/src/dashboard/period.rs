//! The period of a page, in whole days of a time zone.

use maud::{Markup, html};

use super::{
    format,
    period_choice::{NamedPeriod, PeriodChoice},
    view::View,
};
use crate::{
    model::{
        calendar::{Day, TimeZone},
        period::Before,
        usage::Span,
    },
    store::{account_page::PagePeriod, freshness::Freshness},
};

/// Four whole weeks, so that weekends weigh the same in every period.
const DEFAULT: NamedPeriod = NamedPeriod::FourWeeks;

/// The period of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Period {
    /// Its name; absent when it was chosen by its days.
    name: Option<NamedPeriod>,
    /// Its first day and the day after its last one; absent for all time.
    days: Option<(Day, Day)>,
    time_zone: TimeZone,
    now: i64,
    /// How fresh the roll-ups are; absent when the store does not compute them separately.
    behind: Option<Freshness>,
}

impl Period {
    /// The period that a view chooses, at `now`. `time_zone` applies when the view names
    /// none.
    pub(crate) fn of(view: &View, now: i64, time_zone: &TimeZone) -> Self {
        let time_zone = view.time_zone.as_ref().unwrap_or(time_zone).clone();
        let today = time_zone.day_at(now);
        let named = |name: NamedPeriod| {
            // The current day is left out, because an incomplete day would be compared with
            // complete ones.
            let days = name.days().map(|days| (today.plus(-days), today));
            (Some(name), days)
        };
        let (name, days) = match view.period {
            PeriodChoice::Default => named(DEFAULT),
            PeriodChoice::Named(name) => named(name),
            PeriodChoice::Days { from, to } => {
                let to = to.unwrap_or(today);
                let from = from.unwrap_or(to);
                (None, Some((from.min(to), from.max(to).plus(1))))
            }
        };
        Period {
            name,
            days,
            time_zone,
            now,
            behind: None,
        }
    }

    /// The same period, with the freshness of the roll-ups.
    pub(crate) fn with(self, behind: Option<Freshness>) -> Self {
        Period { behind, ..self }
    }

    /// The span of the period.
    pub(crate) fn span(&self) -> Span {
        let start = |day| self.time_zone.start_of(day);
        self.days.map_or(Span::ALL, |(from, to)| Span {
            from: start(from),
            to: start(to),
        })
    }

    /// The time zone of its days.
    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.time_zone
    }

    /// The current day.
    pub(crate) fn today(&self) -> Day {
        self.time_zone.day_at(self.now)
    }

    /// The previous period: as many days, directly before. If the period is not over, the
    /// previous one ends at the same time of day on its own last day, so that equal spans are
    /// compared. `None` for a period that has not begun.
    pub(crate) fn before(&self) -> Option<Span> {
        let (from, to) = self.days?;
        let length = from.until(to);
        let start = |day| self.time_zone.start_of(day);
        if self.now <= start(from) {
            return None;
        }
        let to = if self.now < start(to) {
            let today = self.today();
            let of_day = self.now - start(today);
            start(today.plus(-length)) + of_day
        } else {
            start(from)
        };
        Some(Span {
            from: start(from.plus(-length)),
            to,
        })
    }

    /// The first ms after the first day of the previous period.
    pub(crate) fn first_day_before(&self) -> Option<i64> {
        let (from, to) = self.days?;
        let first = from.plus(-from.until(to));
        Some(self.time_zone.start_of(first.plus(1)))
    }

    /// The length of the period in words.
    pub(crate) fn length(&self) -> String {
        match self.days {
            None => "all time".into(),
            Some((from, to)) => format::count(from.until(to), "day", "days"),
        }
    }

    /// The previous period, in the form in which the store compares with it.
    pub(crate) fn compared(&self) -> Option<Before> {
        Some(Before {
            span: self.before()?,
            first_day_end: self.first_day_before()?,
        })
    }

    /// The period, in the form in which the store takes it.
    pub(crate) fn question(&self) -> PagePeriod {
        PagePeriod {
            span: self.span(),
            before: self.compared(),
            days: self.days,
            time_zone: self.time_zone.clone(),
        }
    }

    /// The previous period in words.
    pub(crate) fn comparison(&self) -> Option<String> {
        let before = self.before()?;
        let day = |ms: i64| format::date(self.time_zone.day_at(ms));
        let (first, last) = (day(before.from), day(before.to - 1));
        Some(format!("the {} before: {first} – {last}", self.length()))
    }

    /// The days of the period in words.
    pub(crate) fn words(&self) -> String {
        match self.days {
            None => "All time".into(),
            Some((from, to)) if from.until(to) == 1 => format::date(from),
            Some((from, to)) => {
                format!("{} – {}", format::date(from), format::date(to.plus(-1)))
            }
        }
    }

    /// Renders links to the named periods and a form for other days. `path` is the
    /// path of the page.
    pub(crate) fn picker(&self, path: &str, view: &View) -> Markup {
        let at = |name: NamedPeriod| {
            let view = View {
                period: PeriodChoice::Named(name),
                ..view.with_first_pages()
            };
            view.at(path)
        };
        let (from, to) = self.days.map_or((None, None), |(from, to)| {
            (Some(from.to_string()), Some(to.plus(-1).to_string()))
        });
        html! {
            div .period {
                // Printed in place of the controls, which are not.
                p .printed { (self.words()) @if !view.rolls_up() { ", this account alone" } }
                nav .segments aria-label="Period" {
                    @for name in NamedPeriod::ALL {
                        a href=(at(name)) aria-current=[(self.name == Some(name)).then_some("true")] {
                            (name.label())
                        }
                    }
                }
                details .days {
                    summary .segment-alone[self.name.is_none()] { (self.words()) }
                    form .panel method="get" action=(path) {
                        @for (name, value) in view.query_without_period() {
                            input type="hidden" name=(name) value=(value);
                        }
                        label { "From" input type="date" name="from" value=[from]; }
                        label { "To" input type="date" name="to" value=[to]; }
                        button .button type="submit" { "Show" }
                    }
                }
                (self.zone_picker(path, view))
                (self.freshness())
            }
        }
    }

    /// Renders the time zone of the days, and a form for another one. A script offers that of
    /// the browser.
    fn zone_picker(&self, path: &str, view: &View) -> Markup {
        let kept = View {
            time_zone: None,
            csv: None,
            ..view.with_first_pages()
        };
        html! {
            details .days.zone {
                summary title="The time zone of the days" { (self.time_zone.name()) }
                form .panel method="get" action=(path) {
                    @for (name, value) in kept.query() {
                        input type="hidden" name=(name) value=(value);
                    }
                    label {
                        "Time zone"
                        input name="tz" list="zones" placeholder=(self.time_zone.name()) autocomplete="off" spellcheck="false" aria-describedby="zone-hint";
                    }
                    datalist #zones {}
                    p #zone-hint .hint { "A name such as America/New_York. Empty: that of the collector." }
                    button .button type="submit" { "Show" }
                }
            }
        }
    }

    /// Renders the time up to which events are counted, for a store that computes roll-ups
    /// separately.
    fn freshness(&self) -> Markup {
        let Some(behind) = self.behind else {
            return Markup::default();
        };
        html! {
            p .hint.freshness {
                "Counts every event received by " (format::moment(self.now, &self.time_zone)) "."
                @if behind.events > 0 {
                    " The newest " (format::duration(behind.age))
                    " of them are added up while the page opens, which takes longer."
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    /// 1 May 2024, 09:30 in UTC.
    const NOW: i64 = 1_714_555_800_000;
    const TODAY: i64 = 1_714_521_600_000;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn period(choice: PeriodChoice, now: i64, zone: &str) -> Period {
        let view = View {
            period: choice,
            ..View::default()
        };
        Period::of(&view, now, &zone.parse().unwrap())
    }

    #[test]
    fn a_named_period_ends_with_the_last_complete_day() {
        let week = period(PeriodChoice::Named(NamedPeriod::Week), NOW, "UTC");
        assert_eq!(week.days, Some((day("2024-04-24"), day("2024-05-01"))));
        assert_eq!(week.span().to, TODAY);
        let before = week.before().unwrap();
        assert_eq!(
            (before.from, before.to),
            (TODAY - 14 * 24 * HOUR, TODAY - 7 * 24 * HOUR)
        );
        let usual = period(PeriodChoice::Default, NOW, "UTC");
        assert_eq!(usual.length(), "28 days");
        let all = period(PeriodChoice::Named(NamedPeriod::AllTime), NOW, "UTC");
        assert_eq!((all.days, all.before()), (None, None));
    }

    #[test]
    fn the_last_complete_day_is_that_of_the_time_zone() {
        for (zone, end) in [
            ("UTC", "2024-05-01"),
            ("America/Anchorage", "2024-05-01"),
            ("Pacific/Honolulu", "2024-04-30"),
            ("Asia/Kathmandu", "2024-05-01"),
        ] {
            // 09:30 in UTC is 23:30 of the previous day in Honolulu.
            let week = period(PeriodChoice::Named(NamedPeriod::Week), NOW, zone);
            assert_eq!(week.days.unwrap().1, day(end), "{zone}");
            let zone: TimeZone = zone.parse().unwrap();
            assert_eq!(week.span().to, zone.start_of(day(end)));
        }
    }

    #[test]
    fn a_period_over_a_change_of_the_clocks_has_whole_days() {
        // Noon of 3 April 2024 in Zurich, four days after the change to summer time.
        let week = period(
            PeriodChoice::Named(NamedPeriod::Week),
            1_712_138_400_000,
            "Europe/Zurich",
        );
        assert_eq!(week.span().to - week.span().from, 7 * 24 * HOUR - HOUR);
        let before = week.before().unwrap();
        assert_eq!(before.to, week.span().from);
        assert_eq!(before.to - before.from, 7 * 24 * HOUR);
    }

    #[test]
    fn a_chosen_period_includes_both_days_whichever_is_first() {
        let (first, last) = (Some(day("2024-04-28")), Some(day("2024-04-30")));
        for (from, to) in [(first, last), (last, first)] {
            let chosen = period(PeriodChoice::Days { from, to }, NOW, "UTC");
            assert_eq!(chosen.length(), "3 days");
        }
        let open = PeriodChoice::Days {
            from: first,
            to: None,
        };
        let open = period(open, NOW, "UTC");
        assert_eq!(open.days, Some((day("2024-04-28"), day("2024-05-02"))));
    }

    #[test]
    fn a_period_that_has_not_begun_is_not_compared() {
        let (from, to) = (Some(day("2024-05-02")), Some(day("2024-05-08")));
        let coming = period(PeriodChoice::Days { from, to }, NOW, "UTC");
        assert_eq!((coming.before(), coming.compared()), (None, None));
        assert_eq!(coming.comparison(), None);
    }

    #[test]
    fn a_period_that_is_not_over_is_compared_with_as_much_of_the_one_before() {
        let (from, to) = (Some(day("2024-05-01")), Some(day("2024-05-01")));
        let today = period(PeriodChoice::Days { from, to }, NOW, "UTC");
        let before = today.before().unwrap();
        assert_eq!(
            (before.from, before.to),
            (TODAY - 24 * HOUR, NOW - 24 * HOUR)
        );
        // The same holds for a month that has just begun.
        let to = Some(day("2024-05-30"));
        let month = period(PeriodChoice::Days { from, to }, NOW, "UTC");
        let before = month.before().unwrap();
        assert_eq!(
            (before.from, before.to),
            (TODAY - 30 * 24 * HOUR, NOW - 30 * 24 * HOUR)
        );
    }
}
