//! The filters of a list of accounts: products, modules, features, dimensions, ranges and
//! a text.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use maud::{Markup, html};

use crate::{
    dashboard::{
        account_fields::short_label,
        account_list::ranges,
        format,
        ranges::Ranges,
        selection::Selection,
        table::choice::TableChoice,
        view::{View, query::WITHOUT},
    },
    store::portfolio::{Portfolio, RangedField},
};

/// Id of the table of accounts in addresses.
pub(super) const TABLE: &str = "accounts";

/// Most values that a filter offers for a dimension. By a dimension with more values, a list can be
/// filtered only through the address.
const MAX_VALUES: usize = 60;

/// Most products, modules and features that the filters offer each, the most used first.
/// Nobody reads more, and thousands would make up most of the page.
const MAX_NAMES: usize = 200;

/// Most dimensions that the filters offer.
const MAX_DIMENSIONS: usize = 24;

/// Renders the filters, and which of them are active.
pub(crate) fn show(portfolio: &Portfolio, path: &str, view: &View) -> Markup {
    let text = view.table(TABLE).find;
    let offered_ranges = ranges::offered(portfolio, view);
    let ranged: Vec<RangedField> = offered_ranges
        .iter()
        .map(|(field, _)| field.clone())
        .collect();
    let is_ranged = |name: &String| ranged.contains(&RangedField::Dimension(name.clone()));
    let offered: Vec<_> = portfolio
        .dimensions
        .iter()
        .filter(|(name, values)| divides(values, portfolio.accounts) && !is_ranged(name))
        .take(MAX_DIMENSIONS)
        .collect();
    // What the form does not offer, and an address selects, stays selected.
    let is_offered = |name: &String| is_ranged(name) || offered.iter().any(|(of, _)| *of == name);
    let mut dimensions = view.dimensions.clone();
    dimensions.retain(|name, _| !is_offered(name));
    let kept = View {
        selection: Selection::All,
        dimensions,
        ranges: view.ranges.clone().without(&ranged),
        with_deactivated: false,
        tables: BTreeMap::from([(
            TABLE.to_owned(),
            TableChoice {
                find: None,
                page: None,
                ..view.table(TABLE)
            },
        )]),
        csv: None,
        ..view.clone()
    };
    let is_set = view.selection != Selection::All
        || !view.dimensions.is_empty()
        || !view.ranges.is_empty()
        || view.with_deactivated
        || text.is_some();
    html! {
        form .filters method="get" action=(path) aria-label="Filters" {
            @for (name, value) in kept.query() {
                input type="hidden" name=(name) value=(value);
            }
            label { "Name or id" input type="search" name={"find." (TABLE)} value=[text]; }
            (names("product", "Product", &portfolio.names.products, view.selection.product()))
            (names("module", "Module", &portfolio.names.modules, view.selection.module()))
            (names("feature", "Feature", &portfolio.names.features, view.selection.feature()))
            @for (name, values) in offered {
                (dimension(name, values, view.dimensions.get(name)))
            }
            @for (field, kind) in &offered_ranges { (ranges::show(field, *kind, view)) }
            label .check {
                input type="checkbox" name="deactivated" value="true" checked[view.with_deactivated];
                "With deactivated accounts"
            }
            button .button type="submit" { "Filter" }
        }
        @if is_set { (chips(path, view)) }
    }
}

/// Whether a choice among the values of a dimension leaves some of the accounts out, and is short
/// enough to be read. A flag that is only ever set has one value, and accounts without it.
fn divides(values: &BTreeMap<String, usize>, accounts: usize) -> bool {
    match values.len() {
        0 => false,
        1 => values.values().sum::<usize>() < accounts,
        many => many <= MAX_VALUES,
    }
}

/// Renders the select box of a name. `known` has all names with the number of their events.
fn names(name: &str, label: &str, known: &BTreeMap<String, u64>, chosen: Option<&str>) -> Markup {
    let mut offered: Vec<(&str, u64)> = known
        .iter()
        .map(|(name, events)| (name.as_str(), *events))
        .collect();
    offered.sort_by_key(|(_, events)| Reverse(*events));
    let rest = offered.len().saturating_sub(MAX_NAMES);
    offered.truncate(MAX_NAMES);
    let mut offered: BTreeSet<&str> = offered.into_iter().map(|(name, _)| name).collect();
    offered.extend(chosen.filter(|chosen| !chosen.is_empty()));
    html! {
        label {
            (label)
            select name={"f." (name)} {
                option value="" { "All" }
                @for name in offered {
                    option value={"=" (name)} selected[chosen == Some(name)] { (name) }
                }
                option value="=" selected[chosen == Some("")] { "Without" }
                @if rest > 0 {
                    option disabled { "and " (format::number(rest as i64)) " less used, on the pages of accounts" }
                }
            }
        }
    }
}

fn dimension(name: &str, values: &BTreeMap<String, usize>, chosen: Option<&String>) -> Markup {
    let mut values: Vec<_> = values.iter().collect();
    let number = |text: &str| text.parse::<f64>().ok();
    if values.iter().all(|(text, _)| number(text).is_some()) {
        values.sort_by(|(one, _), (other, _)| {
            f64::total_cmp(&number(one).unwrap_or(0.0), &number(other).unwrap_or(0.0))
        });
    }
    html! {
        label {
            (short_label(name))
            select name={"d." (name)} {
                option value="" { "All" }
                @for (value, count) in values {
                    option value=(value) selected[chosen == Some(value)] { (value) " (" (count) ")" }
                }
                option value=(WITHOUT) selected[chosen.is_some_and(String::is_empty)] { "Without" }
            }
        }
    }
}

/// Renders each active filter, with a link that removes it, and a link that removes several at
/// once.
fn chips(path: &str, view: &View) -> Markup {
    let set = conditions(view);
    html! {
        ul .chips aria-label="Filters that are set" {
            @for (words, without) in &set {
                li { a .chip href=(without.at(path)) { (words) span aria-hidden="true" { " ✕" } span .hidden { ", remove" } } }
            }
            @if set.len() > 1 {
                li { a .quiet href=(without_filters(view).at(path)) { "Clear all filters" } }
            }
        }
    }
}

/// Each active filter in words, with the view without it.
fn conditions(view: &View) -> Vec<(String, View)> {
    let mut set = Vec::new();
    if let Some(text) = view.table(TABLE).find {
        set.push((format!("Name or id: {text}"), view.without_text(TABLE)));
    }
    set.extend(selected_names(view));
    for (name, value) in &view.dimensions {
        let mut without = view.with_first_pages();
        without.dimensions.remove(name);
        let label = short_label(name);
        let words = match value.as_str() {
            "" => format!("Without {label}"),
            value => format!("{label}: {value}"),
        };
        set.push((words, without));
    }
    for (words, ranges) in view.ranges.conditions() {
        let without = View {
            ranges,
            ..view.with_first_pages()
        };
        set.push((words, without));
    }
    if view.with_deactivated {
        let without = View {
            with_deactivated: false,
            ..view.with_first_pages()
        };
        set.push(("With deactivated accounts".to_owned(), without));
    }
    set
}

/// The selected product, module and feature in words, each with the view without it.
fn selected_names(view: &View) -> impl Iterator<Item = (String, View)> {
    let selection = &view.selection;
    let owned = |name: Option<&str>| name.map(str::to_owned);
    let (product, module, feature) = (
        owned(selection.product()),
        owned(selection.module()),
        owned(selection.feature()),
    );
    let named = |label: &str, name: &Option<String>| {
        name.as_ref().map(|name| match name.as_str() {
            "" => format!("Without a {label}"),
            name => format!("{}: {name}", format::capitalised(label)),
        })
    };
    [
        (
            named("product", &product),
            Selection::of(None, module.clone(), feature.clone()),
        ),
        (
            named("module", &module),
            Selection::of(product.clone(), None, feature.clone()),
        ),
        (
            named("feature", &feature),
            Selection::of(product, module, None),
        ),
    ]
    .into_iter()
    .filter_map(|(words, selection)| {
        let without = View {
            selection,
            ..view.with_first_pages()
        };
        Some((words?, without))
    })
}

/// The same list without any filter: its period, level and order stay.
fn without_filters(view: &View) -> View {
    View {
        selection: Selection::All,
        dimensions: BTreeMap::new(),
        ranges: Ranges::default(),
        with_deactivated: false,
        ..view.without_text(TABLE)
    }
}
