//! The settings of a page: the typed form of the query of its address.

pub(super) mod query;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::{
    dashboard::{
        address::escaped, chart::choice::Metric, open_rows::RowPath, period_choice::PeriodChoice,
        ranges::Ranges, selection::Selection, table::choice::TableChoice,
    },
    model::{bars::Bars, calendar::TimeZone},
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
}
