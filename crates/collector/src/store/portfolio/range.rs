//! Ranges of days and numbers by which a list of accounts is filtered.

use serde_json::{Map, Value};

use super::Money;
use crate::model::{calendar::Day, read_value};

/// A field of an account that has an order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RangedField {
    /// A dimension whose values are days or numbers.
    Dimension(String),
    /// The recurring revenue of the account and everything below it. Of several currencies, the
    /// largest amount counts.
    Revenue,
}

/// One end of a range. It is included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A day. Only values that are dates or times are compared with it.
    Day(Day),
    /// A finite number. Only values that are numbers are compared with it.
    Number(f64),
}

/// A range in which a value must lie. An account without the value is outside.
#[derive(Debug, Clone, PartialEq)]
pub struct ListRange {
    /// The field.
    pub field: RangedField,
    /// The lowest value; `None` for no limit.
    pub from: Option<Bound>,
    /// The highest value; `None` for no limit.
    pub to: Option<Bound>,
}

impl ListRange {
    /// Whether an account with these details and this revenue is in the range.
    pub(in crate::store) fn contains(&self, details: &Map<String, Value>, revenue: &Money) -> bool {
        let is_between = |value: FieldValue| {
            let is_above = |bound: Bound| value.is_at_least(bound);
            let is_below = |bound: Bound| value.is_at_most(bound);
            self.from.is_none_or(is_above) && self.to.is_none_or(is_below)
        };
        match &self.field {
            RangedField::Dimension(name) => details
                .get(name)
                .is_some_and(|value| is_between(FieldValue::Detail(value))),
            RangedField::Revenue => revenue
                .largest()
                .is_some_and(|amount| is_between(FieldValue::Amount(amount))),
        }
    }
}

/// The value of a field.
#[derive(Debug, Clone, Copy)]
enum FieldValue<'a> {
    Detail(&'a Value),
    Amount(f64),
}

impl FieldValue<'_> {
    fn day(self) -> Option<Day> {
        match self {
            FieldValue::Detail(value) => read_value::day(value)?.parse().ok(),
            FieldValue::Amount(_) => None,
        }
    }

    fn number(self) -> Option<f64> {
        match self {
            FieldValue::Detail(value) => read_value::number(value),
            FieldValue::Amount(amount) => Some(amount),
        }
    }

    fn is_at_least(self, bound: Bound) -> bool {
        match bound {
            Bound::Day(day) => self.day().is_some_and(|value| value >= day),
            Bound::Number(number) => self.number().is_some_and(|value| value >= number),
        }
    }

    fn is_at_most(self, bound: Bound) -> bool {
        match bound {
            Bound::Day(day) => self.day().is_some_and(|value| value <= day),
            Bound::Number(number) => self.number().is_some_and(|value| value <= number),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::financial::Amount;

    fn range(name: &str, from: Option<Bound>, to: Option<Bound>) -> ListRange {
        ListRange {
            field: RangedField::Dimension(name.to_owned()),
            from,
            to,
        }
    }

    #[test]
    fn both_ends_of_a_range_of_days_are_included_and_other_values_are_outside() {
        let day = |text: &str| Some(Bound::Day(text.parse().unwrap()));
        let may = range("renewal", day("2025-05-01"), day("2025-05-31"));
        for (value, is_inside) in [
            (json!("2025-04-30"), false),
            (json!("2025-05-01"), true),
            (json!("2025-05-31T23:59:59Z"), true),
            (json!(1_748_000_000_000_i64), true),
            (json!("2025-06-01"), false),
            (json!("soon"), false),
            (json!(null), false),
            (json!(20_250_501), false),
        ] {
            let details = Map::from_iter([("renewal".to_owned(), value.clone())]);
            let found = may.contains(&details, &Money::default());
            assert_eq!(found, is_inside, "{value}");
        }
        assert!(!may.contains(&Map::new(), &Money::default()));
    }

    #[test]
    fn a_range_of_numbers_takes_numbers_in_texts_and_may_be_open() {
        let few = range("seats", None, Some(Bound::Number(9.5)));
        let many = range("seats", Some(Bound::Number(9.5)), None);
        for (value, is_few, is_many) in [
            (json!(9), true, false),
            (json!("9.5"), true, true),
            (json!("10"), false, true),
            (json!("51-200"), false, false),
        ] {
            let details = Map::from_iter([("seats".to_owned(), value.clone())]);
            let found = [&few, &many].map(|range| range.contains(&details, &Money::default()));
            assert_eq!(found, [is_few, is_many], "{value}");
        }
    }

    #[test]
    fn revenue_in_several_currencies_is_in_a_range_by_its_largest_amount() {
        let of = |from: f64, to: f64| ListRange {
            field: RangedField::Revenue,
            from: Some(Bound::Number(from)),
            to: Some(Bound::Number(to)),
        };
        let amounts = [("EUR", 12_345_600), ("USD", 1_000_000)];
        let revenue = Money(
            amounts
                .map(|(currency, amount)| (currency.to_owned(), Amount(amount)))
                .into(),
        );
        let contains = |range: ListRange, revenue: &Money| range.contains(&Map::new(), revenue);
        assert!(contains(of(1234.56, 1234.56), &revenue));
        assert!(!contains(of(0.0, 1234.55), &revenue));
        assert!(!contains(of(0.0, 1e9), &Money::default()));
    }
}
