//! Values in tables: how they are sorted, shown to people and written as CSV.

use std::cmp::Ordering;

use maud::{Markup, html};

use super::format;
use crate::model::{
    calendar::{Day, TimeZone},
    csv_cell::safe_cell,
    rounding::rounded,
};

/// A value of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// No value; always sorted last.
    None,
    Text(String),
    Count(i64),
    Sum(f64),
    /// A duration in ms.
    Duration(i64),
    Day(Day),
    /// A time in ms since the Unix epoch, and its text for people.
    Time(i64, String),
    /// A difference, with its sign.
    Difference(f64),
    /// A difference of durations in ms.
    DurationDifference(i64),
    /// A share of a whole, from 0 to 1.
    Share(f64),
    /// A relative change: -0.5 for half as much, infinite for a change from nothing to
    /// something.
    Change(f64),
}

impl Value {
    /// The text, or [`Value::None`].
    pub(crate) fn text(text: impl Into<Option<String>>) -> Self {
        text.into().map_or(Value::None, Value::Text)
    }

    /// The day of a time, if there is a time.
    pub(crate) fn day(ms: Option<i64>, time_zone: &TimeZone) -> Self {
        ms.map_or(Value::None, |ms| Value::Day(time_zone.day_at(ms)))
    }

    /// A time, as people in a time zone read it.
    pub(crate) fn time(ms: i64, time_zone: &TimeZone) -> Self {
        Value::Time(ms, format::moment(ms, time_zone))
    }

    /// The change from `before` to `now`, as these are displayed.
    pub(crate) fn change(before: f64, now: f64) -> Self {
        let (before, now) = (rounded(before), rounded(now));
        if before == now {
            Value::Change(0.0)
        } else if before == 0.0 {
            Value::Change(f64::INFINITY)
        } else {
            Value::Change((now - before) / before)
        }
    }

    /// The order of two values. [`Value::None`] comes last in either direction.
    pub(crate) fn compare(&self, other: &Value, is_descending: bool) -> Ordering {
        let order = match (self, other) {
            (Value::None, Value::None) => return Ordering::Equal,
            (Value::None, _) => return Ordering::Greater,
            (_, Value::None) => return Ordering::Less,
            (Value::Text(one), Value::Text(other)) => compare_texts(one, other),
            (one, other) => one.number().total_cmp(&other.number()),
        };
        if is_descending {
            order.reverse()
        } else {
            order
        }
    }

    fn number(&self) -> f64 {
        match self {
            Value::None | Value::Text(_) => 0.0,
            Value::Day(day) => day.number().into(),
            Value::Count(number)
            | Value::Duration(number)
            | Value::Time(number, _)
            | Value::DurationDifference(number) => *number as f64,
            Value::Sum(number)
            | Value::Difference(number)
            | Value::Share(number)
            | Value::Change(number) => *number,
        }
    }

    /// Renders the value for people.
    pub(crate) fn show(&self) -> Markup {
        const DASH: &str = "–";
        html! {
            @match self {
                Value::None => span .zero { (DASH) },
                Value::Text(text) => (text),
                Value::Count(0) => span .zero { "0" },
                Value::Count(count) => (format::number(*count)),
                Value::Sum(sum) if *sum == 0.0 => span .zero { "0" },
                Value::Sum(sum) => (format::sum(*sum)),
                Value::Duration(ms) if *ms <= 0 => span .zero { (DASH) },
                Value::Duration(ms) => (format::duration(*ms)),
                Value::Day(day) => time datetime=(day) { (format::date(*day)) },
                Value::Time(ms, shown) => time datetime=(format::rfc3339(*ms)) { (shown) },
                Value::Difference(difference) => (signed(rounded(*difference), format::sum(difference.abs()))),
                Value::DurationDifference(ms) => (signed(*ms as f64, format::duration(ms.saturating_abs()))),
                Value::Share(share) => (format::percent(*share)),
                Value::Change(change) => (show_change(*change)),
            }
        }
    }

    /// The cell of a CSV file. Durations are in ms, shares and changes are fractions.
    pub(crate) fn csv(&self) -> String {
        match self {
            Value::None => String::new(),
            Value::Text(text) => safe_cell(text).into_owned(),
            Value::Count(number) | Value::Duration(number) | Value::DurationDifference(number) => {
                number.to_string()
            }
            Value::Day(day) => day.to_string(),
            Value::Time(ms, _) => format::rfc3339(*ms),
            Value::Change(change) if change.is_infinite() => "new".to_owned(),
            Value::Sum(number) | Value::Difference(number) => rounded(*number).to_string(),
            Value::Share(number) | Value::Change(number) => number.to_string(),
        }
    }
}

/// Sorts texts as people do: without regard to case and accents at first.
fn compare_texts(one: &str, other: &str) -> Ordering {
    use crate::model::folding::folded;
    folded(one).cmp(&folded(other)).then_with(|| one.cmp(other))
}

fn signed(number: f64, text: String) -> Markup {
    let (class, sign) = direction(number);
    html! {
        @if number == 0.0 { span .zero { "0" } }
        @else { span .(class) { (sign) (text) } }
    }
}

/// Renders a relative change: `▲ 12 %`, `▼ < 1 %`, `new`, `unchanged`. Only a value that did
/// not change at all is "unchanged", and only a value that went to 0 is down by 100 %.
pub(crate) fn show_change(change: f64) -> Markup {
    let mut percent = (change.abs() * 100.0).round();
    if change > -1.0 && change < 0.0 {
        percent = percent.min(99.0);
    }
    let text = if change.is_infinite() {
        "new".to_owned()
    } else if change == 0.0 {
        "unchanged".to_owned()
    } else {
        let arrow = if change > 0.0 { "▲" } else { "▼" };
        let amount = if percent < 1.0 {
            "<\u{a0}1".to_owned()
        } else {
            format::number(percent as i64)
        };
        format!("{arrow}\u{a0}{amount}\u{a0}%")
    };
    let (class, _) = direction(change);
    html! { span .(class) { (text) } }
}

fn direction(number: f64) -> (&'static str, &'static str) {
    if number > 0.0 {
        ("up", "+")
    } else if number < 0.0 {
        ("down", "−")
    } else {
        ("same", "")
    }
}

/// Renders a day, without the year if that is the current one.
pub(crate) fn near_day(day: Option<Day>, today: Day) -> Markup {
    html! {
        @match day {
            None => (Value::None.show()),
            Some(day) => time datetime=(day) { (format::near_date(day, today)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_last_in_either_direction() {
        let (none, one, two) = (Value::None, Value::Count(1), Value::Count(2));
        for is_descending in [true, false] {
            assert_eq!(none.compare(&one, is_descending), Ordering::Greater);
            assert_eq!(one.compare(&none, is_descending), Ordering::Less);
        }
        assert_eq!(one.compare(&two, true), Ordering::Greater);
        let text = |text: &str| Value::text(text.to_owned());
        assert_eq!(text("Ökö").compare(&text("Pan"), false), Ordering::Less);
    }

    #[test]
    fn changes_have_words_and_signs() {
        let shown = |before: f64, now: f64| {
            let text = Value::change(before, now).show().into_string();
            text.replace('\u{a0}', " ")
        };
        assert!(shown(10.0, 15.0).contains("▲ 50 %"));
        assert!(shown(10.0, 0.0).contains("▼ 100 %"));
        assert!(shown(0.0, 3.0).contains("new"));
        assert!(shown(0.0, 0.0).contains("unchanged"));
        assert_eq!(Value::change(0.0, 3.0).csv(), "new");
    }

    #[test]
    fn only_what_is_the_same_is_unchanged_and_only_nothing_is_down_by_all() {
        let shown = |before: f64, now: f64| {
            let text = Value::change(before, now).show().into_string();
            text.replace('\u{a0}', " ")
        };
        assert!(shown(100_000.0, 100_400.0).contains("class=\"up\">▲ &lt; 1 %"));
        assert!(shown(100_000.0, 99_600.0).contains("class=\"down\">▼ &lt; 1 %"));
        assert!(shown(1000.0, 1.0).contains("▼ 99 %"));
        assert!(shown(1000.0, 0.0).contains("▼ 100 %"));
        assert!(shown(1000.0, 1996.0).contains("▲ 100 %"));
        assert!(shown(1000.0, 1000.0).contains("class=\"same\">unchanged"));
        // Floating-point errors in sums of fractions are not shown.
        assert!(shown(0.3, 0.1 + 0.2).contains("class=\"same\">unchanged"));
        let difference = Value::Difference(0.1 + 0.2 - 0.3).show().into_string();
        assert!(difference.contains("class=\"zero\""), "{difference}");
    }

    #[test]
    fn changes_are_factors_in_csv() {
        assert_eq!(Value::change(0.0, 3.0).csv(), "new");
        assert_eq!(Value::change(4.0, 1.0).csv(), "-0.75");
    }

    #[test]
    fn a_cell_of_csv_is_no_formula() {
        assert_eq!(Value::text("=1+1".to_owned()).csv(), "'=1+1");
        assert_eq!(Value::Difference(-3.0).csv(), "-3");
        assert_eq!(Value::Sum(0.1 + 0.2).csv(), "0.3");
    }
}
