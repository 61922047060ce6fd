//! The fields of the filter form that limit days and numbers of accounts to a range.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::{
    dashboard::{
        account_fields::RENEWAL_DATE,
        ranges::{self, MAX_DAYS, RangeChoice},
        view::{View, query::WITHOUT},
    },
    model::calendar::Day,
    store::portfolio::{Portfolio, RangedField},
};

/// Most numbers of a dimension that are choices. Of more, such as those of employees, nobody
/// looks for a single one.
const MAX_CHOICES: usize = 12;

/// The values of a field that the form limits to a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Days,
    Numbers,
}

/// The fields that the form limits to a range: renewal dates and other days, numbers with many
/// values, and the revenue where there is any.
pub(super) fn offered(portfolio: &Portfolio, view: &View) -> Vec<(RangedField, Kind)> {
    let dimensions = portfolio.dimensions.iter().filter_map(|(name, values)| {
        let kind = kind_of(name, values)?;
        Some((RangedField::Dimension(name.clone()), kind))
    });
    let has_revenue = !portfolio.totals.revenue.0.is_empty();
    let is_limited = view.ranges.of(&RangedField::Revenue) != RangeChoice::default();
    let revenue = (has_revenue || is_limited).then_some((RangedField::Revenue, Kind::Numbers));
    dimensions.chain(revenue).collect()
}

/// Whether the values of a dimension are days or many numbers.
fn kind_of(name: &str, values: &BTreeMap<String, usize>) -> Option<Kind> {
    let is_day = |text: &String| text.parse::<Day>().is_ok();
    let is_number = |text: &String| text.parse::<f64>().is_ok();
    if name == RENEWAL_DATE || values.keys().all(is_day) {
        Some(Kind::Days)
    } else if values.len() > MAX_CHOICES && values.keys().all(is_number) {
        Some(Kind::Numbers)
    } else {
        None
    }
}

/// Renders the fields of a range. They open below their label, which says what is set.
pub(super) fn show(field: &RangedField, kind: Kind, view: &View) -> Markup {
    let label = ranges::label(field);
    let key = ranges::key(field);
    let chosen = view.ranges.of(field);
    let (from, to) = (chosen.from.map(ranges::text), chosen.to.map(ranges::text));
    let dimension = match field {
        RangedField::Dimension(name) => Some((name, view.dimensions.get(name))),
        RangedField::Revenue => None,
    };
    let is_set = chosen != RangeChoice::default() || dimension.is_some_and(|(_, of)| of.is_some());
    let (input, step) = match kind {
        Kind::Days => ("date", None),
        Kind::Numbers => ("number", Some("any")),
    };
    html! {
        details .days.range {
            summary { (label) @if is_set { span .set { "set" } } }
            div .panel role="group" aria-label=(label) {
                @if kind == Kind::Days {
                    label {
                        "Days from today, at most"
                        input type="number" name={"within." (key)} value=[chosen.within] min="0" max=(MAX_DAYS);
                    }
                }
                label { "From" input type=(input) step=[step] name={"from." (key)} value=[from]; }
                label { "To" input type=(input) step=[step] name={"to." (key)} value=[to]; }
                @if let Some((name, value)) = dimension {
                    label {
                        "Accounts"
                        select name={"d." (name)} {
                            option value="" { "All" }
                            @if let Some(value) = value && !value.is_empty() {
                                option value=(value) selected { (value) }
                            }
                            option value=(WITHOUT) selected[value.is_some_and(String::is_empty)] { "Without" }
                        }
                    }
                }
                button .button type="submit" { "Filter" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_many_numbers_are_ranges_and_a_few_numbers_are_choices() {
        let of = |values: &[&str]| {
            let values = values.iter().map(|value| ((*value).to_owned(), 1));
            values.collect::<BTreeMap<_, _>>()
        };
        let numbers: Vec<String> = (0..=MAX_CHOICES).map(|number| number.to_string()).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        for (name, values, kind) in [
            ("signed", of(&["2025-05-01"]), Some(Kind::Days)),
            ("signed", of(&["2025-05-01", "soon"]), None),
            (RENEWAL_DATE, of(&["2025-05-01", "soon"]), Some(Kind::Days)),
            ("seats", of(&numbers), Some(Kind::Numbers)),
            ("seats", of(&numbers[1..]), None),
            ("tier", of(&["gold", "tin"]), None),
        ] {
            assert_eq!(kind_of(name, &values), kind, "{name}: {values:?}");
        }
    }
}
