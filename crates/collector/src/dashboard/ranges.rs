//! The ranges by which a list of accounts is filtered: the part of an address that concerns
//! them.

use std::collections::BTreeMap;

use super::{account_fields::short_label, format};
use crate::{
    model::calendar::Day,
    store::portfolio::{Bound, ListRange, RangedField},
};

/// The key of the recurring revenue in addresses, which is that of its column.
const REVENUE: &str = "mrr";

/// Most days that a range may reach into the future: a century.
pub(super) const MAX_DAYS: u32 = 36_525;

/// The range of one field. The conditions apply together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RangeChoice {
    /// The lowest value.
    pub(crate) from: Option<Bound>,
    /// The highest value.
    pub(crate) to: Option<Bound>,
    /// The day must be today or one of as many days after it.
    pub(crate) within: Option<u32>,
}

impl RangeChoice {
    fn is_empty(&self) -> bool {
        *self == RangeChoice::default()
    }

    /// The limits in words; `None` without any.
    fn limits(&self) -> Option<String> {
        match (self.from, self.to) {
            (None, None) => None,
            (Some(from), None) => Some(format!("from {}", words(from))),
            (None, Some(to)) => Some(format!("up to {}", words(to))),
            (Some(from), Some(to)) => Some(format!("{} to {}", words(from), words(to))),
        }
    }
}

/// The ranges of a view, by field.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Ranges(BTreeMap<RangedField, RangeChoice>);

impl Ranges {
    /// Reads one parameter: `from.KEY`, `to.KEY` or `within.KEY`, where `KEY` is `mrr`, or
    /// `d.` and the name of a dimension. Other parameters are ignored, and so are empty values,
    /// which forms send.
    ///
    /// # Errors
    /// Says what a value must be that is not a range. A list without the range would show
    /// accounts that somebody has just excluded.
    pub(super) fn read(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let value = value.trim();
        let Some((end, key)) = name.split_once('.') else {
            return Ok(());
        };
        let (Some(field), false) = (field(key), value.is_empty()) else {
            return Ok(());
        };
        let is_revenue = field == RangedField::Revenue;
        let bound = || match bound(value) {
            Some(Bound::Day(_)) if is_revenue => Err("from.mrr and to.mrr are numbers"),
            Some(bound) => Ok(Some(bound)),
            None => Err("from.… and to.… are days such as 2024-05-01, or numbers"),
        };
        match end {
            "from" => self.0.entry(field).or_default().from = bound()?,
            "to" => self.0.entry(field).or_default().to = bound()?,
            "within" if !is_revenue => {
                let days = value.parse().ok().filter(|days| *days <= MAX_DAYS);
                let days = days.ok_or("within.… is a number of days, at most 36525")?;
                self.0.entry(field).or_default().within = Some(days);
            }
            _ => {}
        }
        Ok(())
    }

    /// The parameters of the ranges.
    pub(super) fn query(&self) -> impl Iterator<Item = (String, String)> {
        self.0.iter().flat_map(|(field, choice)| {
            let key = key(field);
            [
                ("from", choice.from.map(text)),
                ("to", choice.to.map(text)),
                ("within", choice.within.map(|days| days.to_string())),
            ]
            .into_iter()
            .filter_map(move |(end, value)| Some((format!("{end}.{key}"), value?)))
        })
    }

    /// The ranges as the store expects them, on the day `today`.
    pub(super) fn list(&self, today: Day) -> Vec<ListRange> {
        let of = |field: &RangedField, from, to| ListRange {
            field: field.clone(),
            from,
            to,
        };
        let mut ranges = Vec::new();
        for (field, choice) in &self.0 {
            if choice.from.is_some() || choice.to.is_some() {
                ranges.push(of(field, choice.from, choice.to));
            }
            if let Some(days) = choice.within {
                let to = Bound::Day(today.plus(days.into()));
                ranges.push(of(field, Some(Bound::Day(today)), Some(to)));
            }
        }
        ranges
    }

    /// The range of a field.
    pub(super) fn of(&self, field: &RangedField) -> RangeChoice {
        self.0.get(field).copied().unwrap_or_default()
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a dimension has a range.
    pub(super) fn has(&self, name: &str) -> bool {
        self.dimensions().any(|of| of == name)
    }

    /// The dimensions that have a range.
    pub(super) fn dimensions(&self) -> impl Iterator<Item = &String> {
        self.0.keys().filter_map(|field| match field {
            RangedField::Dimension(name) => Some(name),
            RangedField::Revenue => None,
        })
    }

    /// The ranges without those of some fields.
    pub(super) fn without(mut self, fields: &[RangedField]) -> Self {
        self.0.retain(|field, _| !fields.contains(field));
        self
    }

    /// Each condition in words, with the ranges that are left without it.
    pub(super) fn conditions(&self) -> Vec<(String, Ranges)> {
        let mut conditions = Vec::new();
        for (field, choice) in &self.0 {
            let label = label(field);
            let mut add = |words: String, rest: RangeChoice| {
                let mut left = self.clone();
                left.0.insert(field.clone(), rest);
                left.0.retain(|_, choice| !choice.is_empty());
                conditions.push((format!("{label}: {words}"), left));
            };
            if let Some(limits) = choice.limits() {
                let rest = RangeChoice {
                    within: choice.within,
                    ..RangeChoice::default()
                };
                add(limits, rest);
            }
            if let Some(days) = choice.within {
                let words = match days {
                    0 => "today".to_owned(),
                    days => format!("within {}", format::count(days.into(), "day", "days")),
                };
                let rest = RangeChoice {
                    within: None,
                    ..*choice
                };
                add(words, rest);
            }
        }
        conditions
    }
}

/// The name of a field for people.
pub(super) fn label(field: &RangedField) -> String {
    match field {
        RangedField::Dimension(name) => short_label(name),
        RangedField::Revenue => "MRR".to_owned(),
    }
}

/// The key of a field in an address, which is that of its column.
pub(super) fn key(field: &RangedField) -> String {
    match field {
        RangedField::Dimension(name) => format!("d.{name}"),
        RangedField::Revenue => REVENUE.to_owned(),
    }
}

fn field(key: &str) -> Option<RangedField> {
    if key == REVENUE {
        return Some(RangedField::Revenue);
    }
    let name = key.strip_prefix("d.")?;
    Some(RangedField::Dimension(name.to_owned()))
}

fn bound(text: &str) -> Option<Bound> {
    if let Ok(day) = text.parse() {
        return Some(Bound::Day(day));
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Bound::Number(number))
}

/// The value of a bound in addresses and forms.
pub(super) fn text(bound: Bound) -> String {
    match bound {
        Bound::Day(day) => day.to_string(),
        Bound::Number(number) => number.to_string(),
    }
}

fn words(bound: Bound) -> String {
    match bound {
        Bound::Day(day) => format::date(day),
        Bound::Number(number) => format::sum(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(parameters: &[(&str, &str)]) -> Result<Ranges, &'static str> {
        let mut ranges = Ranges::default();
        for (name, value) in parameters {
            ranges.read(name, value)?;
        }
        Ok(ranges)
    }

    #[test]
    fn a_range_is_written_as_it_is_read_and_empty_fields_of_a_form_are_none() {
        let written = [
            ("from.d.renewal_date", "2025-05-01"),
            ("within.d.renewal_date", "60"),
            ("to.d.seats", "99.5"),
            ("from.mrr", "1000"),
        ];
        let read = ranges(&written).unwrap();
        let query: Vec<_> = read.query().collect();
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(query, written);
        let none = ranges(&[("from.mrr", " "), ("within.d.x", ""), ("from.uses", "1")]).unwrap();
        assert!(none.is_empty());
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for (name, value) in [
            ("from.d.renewal_date", "soon"),
            ("to.mrr", "2025-05-01"),
            ("to.mrr", "inf"),
            ("within.d.renewal_date", "-1"),
            ("within.d.renewal_date", "99999999999"),
        ] {
            assert!(ranges(&[(name, value)]).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn days_from_today_on_move_with_the_day() {
        let read = ranges(&[("within.d.renewal_date", "60")]).unwrap();
        let today: Day = "2025-05-01".parse().unwrap();
        let [range] = &read.list(today)[..] else {
            panic!("one range")
        };
        assert_eq!(range.from, Some(Bound::Day(today)));
        assert_eq!(range.to, bound("2025-06-30"));
    }

    #[test]
    fn each_condition_has_words_and_can_be_removed_without_the_others() {
        let read = ranges(&[
            ("from.d.renewal_date", "2025-05-01"),
            ("within.d.renewal_date", "1"),
            ("from.mrr", "1000"),
            ("to.mrr", "2500.5"),
        ])
        .unwrap();
        let conditions: Vec<_> = read
            .conditions()
            .into_iter()
            .map(|(words, rest)| (words.replace('\u{a0}', " "), rest.query().count()))
            .collect();
        assert_eq!(
            conditions,
            [
                ("Renewal date: from 1 May 2025".to_owned(), 3),
                ("Renewal date: within 1 day".to_owned(), 3),
                ("MRR: 1,000 to 2,500.50".to_owned(), 2),
            ]
        );
    }
}
