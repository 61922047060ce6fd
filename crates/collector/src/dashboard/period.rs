//! The period that a page is about, in whole days of UTC.

use maud::{Markup, html};

use super::{
    address::View,
    format::{self, DAY_MS},
};
use crate::{error::ApiError, usage::Span};

/// Periods with a name: how they are written in addresses and for people, and
/// how many days they have.
const NAMED: [(&str, &str, Option<i64>); 5] = [
    ("7d", "7 days", Some(7)),
    ("28d", "28 days", Some(28)),
    ("90d", "90 days", Some(90)),
    ("365d", "12 months", Some(365)),
    ("all", "All time", None),
];

/// Four whole weeks, so that weekends weigh the same in every period.
const DEFAULT: &str = "28d";

/// A period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Period {
    /// Its name; none where it was chosen by days.
    name: Option<&'static str>,
    /// Its first ms and the first after it; none for all time.
    days: Option<(i64, i64)>,
}

impl Period {
    /// The period that a view asks for, at `now`.
    ///
    /// # Errors
    /// 400 where its days cannot be read.
    pub(super) fn of(view: &View, now: i64) -> Result<Self, ApiError> {
        if view.from.is_some() || view.to.is_some() {
            return Self::chosen(view, now);
        }
        let asked = view.range.as_deref().unwrap_or(DEFAULT);
        let (name, _, days) = NAMED
            .into_iter()
            .find(|(name, ..)| *name == asked)
            .ok_or_else(|| ApiError::BadRequest("range is 7d, 28d, 90d, 365d or all".into()))?;
        let tomorrow = (now / DAY_MS + 1) * DAY_MS;
        Ok(Period {
            name: Some(name),
            days: days.map(|days| (tomorrow - days * DAY_MS, tomorrow)),
        })
    }

    fn chosen(view: &View, now: i64) -> Result<Self, ApiError> {
        let day = |text: &Option<String>, otherwise: i64| match text.as_deref() {
            None | Some("") => Ok(otherwise),
            Some(text) => format::parse_day(text).ok_or_else(|| {
                ApiError::BadRequest("from and to are days such as 2024-05-01".into())
            }),
        };
        let today = now / DAY_MS * DAY_MS;
        let to = day(&view.to, today)?;
        let from = day(&view.from, to)?;
        let (from, to) = (from.min(to), from.max(to));
        Ok(Period {
            name: None,
            days: Some((from, to + DAY_MS)),
        })
    }

    /// Its span.
    pub(super) fn span(&self) -> Span {
        Span::new(self.days.map(|days| days.0), self.days.map(|days| days.1))
    }

    /// First ms of its first day and of the day after its last.
    pub(super) fn days(&self) -> Option<(i64, i64)> {
        self.days
    }

    /// The span of the same length before it.
    pub(super) fn before(&self) -> Option<Span> {
        let (from, to) = self.days?;
        Some(Span {
            from: from - (to - from),
            to: from,
        })
    }

    /// How long it is.
    pub(super) fn length(&self) -> String {
        match self.days {
            None => "all time".into(),
            Some((from, to)) => format::count((to - from) / DAY_MS, "day", "days"),
        }
    }

    /// Its days in words.
    pub(super) fn words(&self) -> String {
        match self.days {
            None => "All time".into(),
            Some((from, to)) if to - from == DAY_MS => format::day(from),
            Some((from, to)) => {
                format!("{} – {}", format::day(from), format::day(to - DAY_MS))
            }
        }
    }

    /// Links to the periods with a name, and a form for any other. `path` is
    /// the page, `view` what it shows.
    pub(super) fn picker(&self, path: &str, view: &View) -> Markup {
        let at = |name: &str| {
            let view = View {
                range: Some(name.into()),
                from: None,
                to: None,
                page: None,
                ..view.clone()
            };
            view.at(path)
        };
        let (from, to) = self.days.map_or((None, None), |(from, to)| {
            (
                Some(format::iso_day(from)),
                Some(format::iso_day(to - DAY_MS)),
            )
        });
        html! {
            div .period {
                nav .segments aria-label="Period" {
                    @for (name, words, _) in NAMED {
                        a href=(at(name)) aria-current=[(self.name == Some(name)).then_some("true")] {
                            (words)
                        }
                    }
                }
                details .days {
                    summary .segment-alone[self.name.is_none()] { (self.words()) }
                    form .panel method="get" action=(path) {
                        @for (name, value) in [
                            ("rollup", &view.rollup), ("product", &view.product), ("module", &view.module),
                        ] {
                            @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
                        }
                        label { "From" input type="date" name="from" value=[from]; }
                        label { "To" input type="date" name="to" value=[to]; }
                        button .button type="submit" { "Show" }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 May 2024, 09:30.
    const NOW: i64 = 1_714_555_800_000;
    const TODAY: i64 = 1_714_521_600_000;

    fn view(range: Option<&str>, from: Option<&str>, to: Option<&str>) -> View {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        View {
            range: owned(range),
            from: owned(from),
            to: owned(to),
            ..View::default()
        }
    }

    #[test]
    fn a_named_period_ends_with_today() {
        let period = Period::of(&view(Some("7d"), None, None), NOW).unwrap();
        assert_eq!(period.days(), Some((TODAY - 6 * DAY_MS, TODAY + DAY_MS)));
        let before = period.before().unwrap();
        assert_eq!(
            (before.from, before.to),
            (TODAY - 13 * DAY_MS, TODAY - 6 * DAY_MS)
        );
        let usual = Period::of(&View::default(), NOW).unwrap();
        assert_eq!(usual.length(), "28 days");
        let all = Period::of(&view(Some("all"), None, None), NOW).unwrap();
        assert_eq!((all.days(), all.before()), (None, None));
    }

    #[test]
    fn a_chosen_period_includes_both_days_whichever_is_first() {
        for (from, to) in [("2024-04-01", "2024-04-03"), ("2024-04-03", "2024-04-01")] {
            let period = Period::of(&view(None, Some(from), Some(to)), NOW).unwrap();
            assert_eq!(period.length(), "3 days");
        }
        assert!(Period::of(&view(None, Some("soon"), None), NOW).is_err());
        assert!(Period::of(&view(Some("1y"), None, None), NOW).is_err());
    }
}
