//! Usage by product, module and feature: three levels of one table, which shows the rows
//! within open rows only.

mod row;

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::{
    dashboard::{
        breakdown::row::{LEVELS, Row, State},
        open_rows::RowPath,
        selection::Selection,
        sheet::Sheet,
        table::{Table, choice::Sort, column::Column},
        value::Value,
        view::View,
    },
    store::account_report::{Branch, Compared},
};

/// Most rows that are shown within a row. A module has its own page for the rest.
const MAX_WITHIN: usize = 20;

/// With this many products or fewer, the page opens them itself, because their contents are
/// what a reader looks for.
const FEW_PRODUCTS: usize = 4;

/// The table of the contents of a selection.
#[derive(Debug)]
pub(crate) struct Breakdown<'a> {
    products: &'a [Branch],
    selection: &'a Selection,
    /// The path of the page with the table.
    path: &'a str,
    view: &'a View,
    open: BTreeSet<RowPath>,
    is_of_one_user: bool,
}

impl<'a> Breakdown<'a> {
    /// A breakdown on the page at `path`.
    pub(crate) fn new(products: &'a [Branch], path: &'a str, view: &'a View) -> Self {
        let mut open = match &view.open {
            Some(open) => open.clone(),
            None if products.len() <= FEW_PRODUCTS => products
                .iter()
                .filter_map(|product| Some(vec![product.name.clone()?]))
                .collect(),
            None => BTreeSet::new(),
        };
        if let Some(toggled) = &view.toggle
            && !open.remove(toggled)
        {
            open.insert(toggled.clone());
        }
        Breakdown {
            products,
            selection: &view.selection,
            path,
            view,
            open,
            is_of_one_user: false,
        }
    }

    /// Omits the number of users.
    #[must_use]
    pub(crate) fn of_one_user(mut self) -> Self {
        self.is_of_one_user = true;
        self
    }

    /// The view, with the open rows set.
    pub(crate) fn view(&self) -> View {
        let is_usual = self.view.open.is_none() && self.view.toggle.is_none();
        View {
            open: (!is_usual).then(|| self.open.clone()),
            toggle: None,
            ..self.view.clone()
        }
    }

    /// The level at which the table starts.
    fn level(&self) -> usize {
        match self.selection {
            Selection::All => 0,
            Selection::Product(_) => 1,
            Selection::Module { .. } | Selection::Feature { .. } => 2,
        }
    }

    /// Heading of the table.
    pub(crate) fn heading(&self) -> &'static str {
        match self.level() {
            0 => "Products, modules and features",
            1 => "Modules and features",
            _ => "Features",
        }
    }

    /// Renders the table.
    pub(crate) fn show(&self, sheet: &Sheet) -> Markup {
        let view = self.view();
        let table = self.table(&view);
        let is_whole = table.is_requested() || self.level() == 2;
        let rows = self.rows(is_whole);
        html! {
            form .breakdown-form method="get" action=(self.path) data-canonical=(view.at(self.path)) {
                @for (name, value) in view.query() {
                    input type="hidden" name=(name) value=(value);
                }
                (sheet.table(&table, rows))
            }
        }
    }

    /// The rows that are shown, or all rows.
    fn rows(&self, is_whole: bool) -> Vec<Row> {
        let mut rows = Vec::new();
        self.add_level(self.products, &[], is_whole, &mut rows);
        rows
    }

    fn add_level(
        &self,
        branches: &[Branch],
        above: &[String],
        is_whole: bool,
        rows: &mut Vec<Row>,
    ) {
        let first = self.level();
        let mut branches: Vec<&Branch> = branches.iter().collect();
        branches.sort_by(|left, right| {
            let of = |branch: &Branch| branch.figures.now.features;
            of(right).total_cmp(&of(left))
        });
        let shown = if is_whole || above.len() == first {
            branches.len()
        } else {
            MAX_WITHIN
        };
        for branch in branches.iter().take(shown) {
            let mut path = above.to_vec();
            path.push(branch.name.clone().unwrap_or_default());
            let level = path.len() - 1;
            let is_open = level < first || is_whole || self.open.contains(&path);
            let state = match (branch.below.is_empty() || level == 2, is_open) {
                (true, _) => State::Single,
                (false, true) => State::Open,
                (false, false) => State::Closed,
            };
            // Above the first level, there is one branch for each selected name.
            if level >= first {
                rows.push(Row {
                    path: path.clone(),
                    depth: level - first,
                    figures: branch.figures.clone(),
                    state,
                });
            }
            if is_open {
                self.add_level(&branch.below, &path, is_whole, rows);
            }
        }
        if let Some(rest) = branches.len().checked_sub(shown).filter(|rest| *rest > 0) {
            let mut path = above.to_vec();
            path.push(String::new());
            rows.push(Row {
                depth: path.len() - 1 - first,
                path,
                figures: Compared::default(),
                state: State::Rest(rest),
            });
        }
    }

    fn table<'v>(&self, view: &'v View) -> Table<'v, Row> {
        // Most trackers report active time without a product, and the totals show that already.
        let mut named = self.products.iter().filter(|of| of.name.is_some());
        let has_active_time = named.any(|product| product.figures.now.active_time > 0);
        let mut products = self.products.iter();
        let is_compared = products.any(|product| product.figures.before.is_some());
        let mut table = Table::new(
            "breakdown",
            self.heading(),
            Sort::down("uses"),
            self.path,
            view,
        );
        if self.level() < 2 {
            table = table.with_levels(|row: &Row| row.depth);
        }
        let table = self.names(table);
        let table = uses(table, self.most(), is_compared);
        let table = times(table, has_active_time);
        let table = table.with(
            Column::number("sessions", "Sessions", |row: &Row| {
                row.value(|totals| Value::Count(totals.sessions))
            })
            .meaning("Different sessions with such an event."),
        );
        if self.is_of_one_user {
            return table;
        }
        table.with(
            Column::number("users", "Users", |row: &Row| {
                row.value(|totals| Value::Count(totals.users))
            })
            .meaning("Different users with such an event."),
        )
    }

    /// Adds the product, module or feature of a row.
    fn names<'v>(&self, table: Table<'v, Row>) -> Table<'v, Row> {
        let links = self.view();
        let page = self.path.to_owned();
        table
            .with(
                Column::text("name", LEVELS[self.level()].0, |row: &Row| row.name_value())
                    .shown(move |row| row.name(&links, &page)),
            )
            .with(Column::text("product", "Product", |row: &Row| row.part(0)).only_in_csv())
            .with(Column::text("module", "Module", |row: &Row| row.part(1)).only_in_csv())
            .with(Column::text("feature", "Feature", |row: &Row| row.part(2)).only_in_csv())
    }

    /// The largest sum of a row, which is at the top level.
    fn most(&self) -> f64 {
        self.rows_of_first_level()
            .map(|branch| branch.figures.now.features)
            .fold(0.0, f64::max)
    }

    fn rows_of_first_level(&self) -> Box<dyn Iterator<Item = &Branch> + '_> {
        let modules = || self.products.iter().flat_map(|product| &product.below);
        match self.level() {
            0 => Box::new(self.products.iter()),
            1 => Box::new(modules()),
            _ => Box::new(modules().flat_map(|module| &module.below)),
        }
    }
}

/// Adds the feature uses, with bars whose whole is `most`, and their change.
fn uses(table: Table<'_, Row>, most: f64, is_compared: bool) -> Table<'_, Row> {
    table
        .with(
            Column::number("uses", "Feature uses", |row: &Row| {
                row.value(|totals| Value::Sum(totals.features))
            })
            .shown(move |row| row.uses(most))
            .class("barred")
            .meaning("Sum of the amounts of feature events. All bars of the table have one scale."),
        )
        .with(
            Column::number("change", "Change", |row: &Row| match row.before() {
                Some(before) => Value::Difference(row.figures.now.features - before.features),
                None => Value::None,
            })
            .meaning(
                "Feature uses of the period less those of the period before. Nothing \
                 where the period before reaches before the first use of the row.",
            )
            .on_page_if(is_compared),
        )
        .with(
            Column::number("percent", "%", |row: &Row| match row.before() {
                Some(before) => Value::change(before.features, row.figures.now.features),
                None => Value::None,
            })
            .meaning("The same as a share of the period before.")
            .on_page_if(is_compared),
        )
}

/// Adds the times that trackers report.
fn times(table: Table<'_, Row>, has_active_time: bool) -> Table<'_, Row> {
    table
        .with(
            Column::number("module_time", "Time in modules", |row: &Row| {
                row.value(|totals| Value::Duration(totals.module_time))
            })
            .meaning("Time with a module open and in use, which trackers report when it ends."),
        )
        .with(
            Column::number("active_time", "Active time", |row: &Row| {
                row.value(|totals| Value::Duration(totals.active_time))
            })
            .meaning(
                "Time in which somebody did something. Most trackers report it without a \
                 product.",
            )
            .on_page_if(has_active_time),
        )
}
