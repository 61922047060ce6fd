//! The settings of a page: the typed form of the query of its address.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    address::escaped,
    chart_choice::Metric,
    open_rows::{self, RowPath},
    period_choice::{NamedPeriod, PeriodChoice},
    ranges::Ranges,
    selection::Selection,
    table_choice::TableChoice,
};
use crate::{
    model::{
        bars::Bars,
        calendar::{Day, TimeZone},
    },
    store::portfolio::ListLevel,
};

/// What a page of the dashboard shows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub(crate) struct View {
    pub(crate) period: PeriodChoice,
    /// The time zone of its days; absent for the collector's time zone.
    pub(crate) time_zone: Option<TimeZone>,
    pub(crate) scope: Scope,
    pub(crate) selection: Selection,
    /// The level of the accounts in a list; absent for the default of the page.
    pub(crate) level: Option<ListLevel>,
    /// Whether a list includes deactivated accounts.
    pub(crate) with_deactivated: bool,
    /// Values that the listed accounts must have, by the name of the dimension.
    pub(crate) dimensions: BTreeMap<String, String>,
    /// Ranges in which values of the listed accounts must lie.
    pub(crate) ranges: Ranges,
    /// How the tables of the page are sorted, searched and paged, by their ids.
    pub(crate) tables: BTreeMap<String, TableChoice>,
    /// The open rows of the breakdown; absent for those that the page opens by itself.
    pub(crate) open: Option<BTreeSet<RowPath>>,
    /// One more row of the breakdown that is to be opened or closed.
    pub(crate) toggle: Option<RowPath>,
    /// The metric that the chart shows.
    pub(crate) metric: Metric,
    /// The time that a bar of the chart stands for.
    pub(crate) bars: Bars,
    /// The table that is requested as CSV, by its id.
    pub(crate) csv: Option<String>,
}

/// Whether the usage of an account includes that of its subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Subtree,
    AccountAlone,
}

/// The values of a list level in the query of an address and in the form for a rule, with their
/// labels.
pub(crate) const LIST_LEVELS: [(ListLevel, &str, &str); 3] = [
    (ListLevel::Top, "top", "Customers"),
    (ListLevel::Leaves, "leaves", "Lowest level"),
    (ListLevel::All, "all", "All levels"),
];

/// The label of a list level. In a part of the tree, the top level is not the customers.
pub(crate) fn level_label(level: ListLevel, is_in_part: bool) -> &'static str {
    match level {
        ListLevel::Top if is_in_part => "Top level",
        ListLevel::Top | ListLevel::Leaves | ListLevel::All => LIST_LEVELS[level as usize].2,
    }
}

/// The value in an address that selects accounts without a dimension. No value there selects all.
pub(super) const WITHOUT: &str = "=";

impl TryFrom<BTreeMap<String, String>> for View {
    type Error = &'static str;

    fn try_from(mut query: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        let mut view = View::default();
        for (name, value) in &query {
            if let Some(dimension) = name.strip_prefix("d.") {
                let wanted = match value.as_str() {
                    "" => continue,
                    WITHOUT => "",
                    value => value,
                };
                view.dimensions
                    .insert(dimension.to_owned(), wanted.to_owned());
            } else if !TableChoice::read(&mut view.tables, name, value) {
                view.ranges.read(name, value)?;
            }
        }
        let chosen = |name: &str| query.get(name).map(String::as_str);
        view.period = period(chosen("range"), chosen("from"), chosen("to"))?;
        view.time_zone = time_zone(chosen("tz"))?;
        view.scope = match chosen("rollup") {
            Some("false") => Scope::AccountAlone,
            None | Some(_) => Scope::Subtree,
        };
        view.level = LIST_LEVELS
            .into_iter()
            .find(|(_, name, _)| chosen("level") == Some(name))
            .map(|(level, ..)| level);
        view.with_deactivated = chosen("deactivated") == Some("true");
        view.metric = Metric::ALL
            .into_iter()
            .find(|metric| chosen("metric") == Some(metric.name()))
            .unwrap_or_default();
        view.bars = Bars::ALL
            .into_iter()
            .find(|bars| chosen("bars") == Some(bars.name()))
            .unwrap_or_default();
        view.open = chosen("open").map(open_rows::parse);
        view.toggle = chosen("toggle").map(open_rows::parse_path);
        view.csv = chosen("csv").map(str::to_owned);
        let mut name = |name: &str| match query.remove(&format!("f.{name}")) {
            // A form sends `=name`, to distinguish "without a name" from "all".
            Some(chosen) => chosen.strip_prefix('=').map(str::to_owned),
            None => query.remove(name),
        };
        view.selection = Selection::of(name("product"), name("module"), name("feature"));
        Ok(view)
    }
}

fn period(
    range: Option<&str>,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<PeriodChoice, &'static str> {
    if from.is_some() || to.is_some() {
        return Ok(PeriodChoice::Days {
            from: day(from)?,
            to: day(to)?,
        });
    }
    match range {
        None => Ok(PeriodChoice::Default),
        Some(range) => NamedPeriod::ALL
            .into_iter()
            .find(|named| named.name() == range)
            .map(PeriodChoice::Named)
            .ok_or("range is 7d, 28d, 90d, 365d or all"),
    }
}

fn time_zone(name: Option<&str>) -> Result<Option<TimeZone>, &'static str> {
    match name {
        None | Some("") => Ok(None),
        Some(name) => name
            .parse()
            .map(Some)
            .map_err(|_| "tz is an IANA name of a time zone, such as America/New_York"),
    }
}

fn day(text: Option<&str>) -> Result<Option<Day>, &'static str> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| "from and to are days such as 2024-05-01"),
    }
}

impl Default for View {
    fn default() -> Self {
        View {
            period: PeriodChoice::Default,
            time_zone: None,
            scope: Scope::Subtree,
            selection: Selection::All,
            level: None,
            with_deactivated: false,
            dimensions: BTreeMap::new(),
            ranges: Ranges::default(),
            tables: BTreeMap::new(),
            open: None,
            toggle: None,
            metric: Metric::default(),
            bars: Bars::default(),
            csv: None,
        }
    }
}

impl View {
    /// Whether the usage of the subtree is included.
    pub(crate) fn rolls_up(&self) -> bool {
        match self.scope {
            Scope::Subtree => true,
            Scope::AccountAlone => false,
        }
    }

    /// Whether a list is filtered by a dimension.
    pub(crate) fn is_filtered_by(&self, dimension: &str) -> bool {
        self.dimensions.contains_key(dimension) || self.ranges.has(dimension)
    }

    /// A view with only the period, for links to other accounts.
    pub(crate) fn only_period(&self) -> View {
        View {
            period: self.period,
            time_zone: self.time_zone.clone(),
            ..View::default()
        }
    }

    /// The view that the tabs of an account keep: everything except sort orders, searches and
    /// pages of tables.
    pub(crate) fn for_tab(&self) -> View {
        View {
            scope: self.scope,
            selection: self.selection.clone(),
            metric: self.metric,
            bars: self.bars,
            ..self.only_period()
        }
    }

    /// The view for another account: the same period and scope, with this selection.
    pub(crate) fn with_selection(&self, selection: Selection) -> View {
        View {
            selection,
            open: None,
            tables: BTreeMap::new(),
            ..self.clone()
        }
    }

    /// The view with the first page of every table, for when the listed rows have changed.
    pub(crate) fn with_first_pages(&self) -> View {
        let mut view = self.clone();
        for choice in view.tables.values_mut() {
            choice.page = None;
        }
        view
    }

    /// The parameters of a table in the address.
    pub(crate) fn table(&self, id: &str) -> TableChoice {
        self.tables.get(id).cloned().unwrap_or_default()
    }

    /// The view with other parameters for a table.
    pub(crate) fn with_table(&self, id: &str, choice: TableChoice) -> View {
        let mut view = self.clone();
        view.tables.insert(id.to_owned(), choice);
        view
    }

    /// The view without the search in a table.
    pub(crate) fn without_text(&self, id: &str) -> View {
        let choice = TableChoice {
            find: None,
            page: None,
            ..self.table(id)
        };
        self.with_table(id, choice)
    }

    /// The address of `path` with this view. Defaults are omitted.
    pub(crate) fn at(&self, path: &str) -> String {
        let mut address = path.to_owned();
        let mut separator = if path.contains('?') { '&' } else { '?' };
        for (name, value) in self.query() {
            address.push(separator);
            address.push_str(&escaped(&name));
            address.push('=');
            address.push_str(&escaped(&value));
            separator = '&';
        }
        address
    }

    /// The parameters that the form for the period keeps.
    pub(crate) fn query_without_period(&self) -> Vec<(String, String)> {
        let view = View {
            period: PeriodChoice::Default,
            ..self.with_first_pages()
        };
        view.query()
    }

    /// The parameters of the view. Defaults are omitted.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let mut query: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: Option<&str>| {
            query.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        };
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        match self.period {
            PeriodChoice::Default => {}
            PeriodChoice::Named(named) => add("range", Some(named.name())),
            PeriodChoice::Days { from, to } => {
                add("from", Some(&day(from)));
                add("to", Some(&day(to)));
            }
        }
        add("tz", self.time_zone.as_ref().map(TimeZone::name));
        match self.scope {
            Scope::Subtree => {}
            Scope::AccountAlone => add("rollup", Some("false")),
        }
        add("product", self.selection.product());
        add("module", self.selection.module());
        add("feature", self.selection.feature());
        let level = LIST_LEVELS.iter().find(|level| Some(level.0) == self.level);
        add("level", level.map(|level| level.1));
        add("deactivated", self.with_deactivated.then_some("true"));
        let is_usual = self.metric == Metric::default();
        add("metric", (!is_usual).then(|| self.metric.name()));
        let is_usual = self.bars == Bars::default();
        add("bars", (!is_usual).then(|| self.bars.name()));
        add("open", self.open.as_ref().map(open_rows::text).as_deref());
        let toggle = self.toggle.as_deref().map(open_rows::path_text);
        add("toggle", toggle.as_deref());
        for (name, value) in &self.dimensions {
            let value = if value.is_empty() { WITHOUT } else { value };
            add(&format!("d.{name}"), Some(value));
        }
        for (name, value) in self.ranges.query() {
            add(&name, Some(&value));
        }
        for (id, choice) in &self.tables {
            for (name, value) in choice.query(id) {
                add(&name, Some(&value));
            }
        }
        add("csv", self.csv.as_deref());
        query
    }
}

#[cfg(test)]
mod tests {
    use axum::{extract::Query, http::Uri};

    use super::*;
    use crate::dashboard::table_choice::Sort;

    fn parse(address: &str) -> Result<View, String> {
        let uri: Uri = address.parse().unwrap();
        Query::<View>::try_from_uri(&uri)
            .map(|Query(view)| view)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_view_is_written_without_defaults_and_reads_back() {
        let view = View {
            period: PeriodChoice::Named(NamedPeriod::Week),
            selection: Selection::Module {
                product: Some(String::new()),
                module: "a&b".into(),
            },
            ..View::default()
        };
        assert_eq!(view.at("/x"), "/x?range=7d&product=&module=a%26b");
        assert_eq!(View::default().at("/x"), "/x");
        assert_eq!(view.only_period().at("/x?parent=1"), "/x?parent=1&range=7d");
        for address in [
            "/x?range=all&rollup=false&page.users=3",
            "/x?from=2024-05-01&to=2024-05-03&product=p&feature=f",
            "/x?from=&to=",
            "/x?range=7d&tz=America%2FNew_York&product=p",
            "/x?module=m&metric=users&bars=week&open=a%2Ca%2Fb",
            "/x?d.tier=gold&from.d.renewal_date=2025-05-01&within.d.renewal_date=60&to.mrr=99.5",
            "/x?level=all&deactivated=true&d.tier=gold&sort.accounts=-uses&find.accounts=z%C3%BC&csv=accounts",
        ] {
            assert_eq!(parse(address).unwrap().at("/x"), address);
        }
    }

    #[test]
    fn every_level_has_its_words() {
        for (at, (level, ..)) in LIST_LEVELS.into_iter().enumerate() {
            assert_eq!(level as usize, at);
        }
        assert_eq!(level_label(ListLevel::Top, true), "Top level");
        assert_eq!(level_label(ListLevel::Leaves, true), "Lowest level");
    }

    #[test]
    fn a_form_tells_all_from_without_a_name() {
        for (address, selection) in [
            ("/x?f.product=", Selection::All),
            ("/x?f.product=%3D", Selection::Product(String::new())),
            (
                "/x?f.product=%3Dp&product=old",
                Selection::Product("p".into()),
            ),
        ] {
            assert_eq!(parse(address).unwrap().selection, selection, "{address}");
        }
    }

    #[test]
    fn a_change_of_the_period_leads_to_the_first_pages_and_keeps_all_else() {
        let view = parse("/x?range=7d&page.a=3&sort.a=-uses&metric=users&open=p").unwrap();
        assert_eq!(view.table("a").sort, Some(Sort::down("uses")));
        let kept: Vec<_> = view.query_without_period();
        let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["metric", "open", "sort.a"]);
    }

    #[test]
    fn a_view_has_only_periods_that_exist() {
        assert!(parse("/x?range=1y").unwrap_err().contains("range is 7d"));
        assert!(parse("/x?from=soon").unwrap_err().contains("from and to"));
        assert!(parse("/x?tz=Mars").unwrap_err().contains("tz is an IANA"));
        assert!(parse("/x?to.mrr=much").unwrap_err().contains("or numbers"));
        // Invalid values of other parameters fall back to the defaults.
        let odd = parse("/x?page.a=-2&metric=x&rollup=1&level=9").unwrap();
        assert_eq!(odd.at("/x"), "/x");
    }
}
