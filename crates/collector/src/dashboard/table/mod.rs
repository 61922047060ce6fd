//! Tables. Each can be sorted, searched, paged and downloaded as CSV, and explains its
//! columns.

pub(super) mod choice;
pub(super) mod column;
mod levels;

use maud::{Markup, html};

use crate::{
    dashboard::{
        format, layout,
        table::{
            choice::{Sort, TableChoice},
            column::Column,
            levels::{Depth, sort_rows, top_rows},
        },
        value::Value,
        view::View,
    },
    model::folding::folded,
};

/// Rows on a page. Nobody reads more at once.
const LIMIT: usize = 50;

/// Texts of this many bytes fit on three lines of any column.
const SHORT: usize = 40;

/// Letters of the longest word for which a column becomes wider. Longer words are usually
/// ids, and are broken.
const LONGEST_WORD: usize = 20;

/// A table has a search field if it has at least this many rows.
const SEARCHED_FROM: usize = 8;

/// A table. The first column identifies the row.
pub(crate) struct Table<'a, R> {
    /// Its id in addresses.
    id: &'static str,
    /// What it lists.
    name: String,
    columns: Vec<Column<'a, R>>,
    usual: Sort,
    /// The path of its page.
    path: String,
    view: &'a View,
    is_searched: bool,
    limit: usize,
    tree: Option<Depth<R>>,
}

/// The rows of a table that match its search, in its order.
struct Chosen<R> {
    rows: Vec<R>,
    sort: Sort,
    choice: TableChoice,
}

impl<'a, R> Table<'a, R> {
    /// A table on the page at `path`, in its default order.
    pub(crate) fn new(
        id: &'static str,
        name: impl Into<String>,
        usual: Sort,
        path: impl Into<String>,
        view: &'a View,
    ) -> Self {
        Table {
            id,
            name: name.into(),
            columns: Vec::new(),
            usual,
            path: path.into(),
            view,
            is_searched: true,
            limit: LIMIT,
            tree: None,
        }
    }

    /// Sets the number of rows on a page.
    #[must_use]
    pub(crate) fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Makes it a table of several levels: rows stay below the row that contains them, on
    /// every page.
    #[must_use]
    pub(crate) fn with_levels(mut self, depth: Depth<R>) -> Self {
        self.tree = Some(depth);
        self.is_searched = false;
        self
    }

    /// Adds a column.
    #[must_use]
    pub(crate) fn with(mut self, column: Column<'a, R>) -> Self {
        self.columns.push(column);
        self
    }

    /// Omits the search field, because the page has one.
    #[must_use]
    pub(crate) fn without_search(mut self) -> Self {
        self.is_searched = false;
        self
    }

    /// Whether the address requests this table as CSV.
    pub(crate) fn is_requested(&self) -> bool {
        self.view.csv.as_deref() == Some(self.id)
    }

    /// Writes all rows that match its search, in its order.
    pub(crate) fn csv(&self, rows: Vec<R>) -> String {
        let chosen = self.choose(rows);
        let mut out = csv::Writer::from_writer(Vec::new());
        let written = || self.columns.iter().filter(|column| !column.is_only_on_page);
        // Writing to memory does not fail.
        let _ = out.write_record(written().map(|column| &column.key));
        for row in &chosen.rows {
            let _ = out.write_record(written().map(|column| (column.read)(row).csv()));
        }
        let bytes = out.into_inner().unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// Number of rows that match its search; `None` without a search.
    pub(crate) fn found(&self, rows: &[R]) -> Option<usize> {
        let find = self.view.table(self.id).find?;
        let text = folded(&find);
        Some(rows.iter().filter(|row| self.has_words(row, &text)).count())
    }

    /// Whether each word of a folded text occurs in a text of a row.
    fn has_words(&self, row: &R, text: &str) -> bool {
        let values = self.columns.iter().map(|column| (column.read)(row));
        let texts: Vec<String> = values
            .filter_map(|value| match value {
                Value::Text(text) => Some(folded(&text).into_owned()),
                _ => None,
            })
            .collect();
        text.split_whitespace()
            .all(|word| texts.iter().any(|text| text.contains(word)))
    }

    fn choose(&self, mut rows: Vec<R>) -> Chosen<R> {
        let choice = self.view.table(self.id);
        if let Some(text) = &choice.find {
            let text = folded(text);
            rows.retain(|row| self.has_words(row, &text));
        }
        let known = |sort: &Sort| {
            let mut sorted = self.columns.iter().filter(|column| column.is_sorted_by);
            sorted.any(|column| column.key == sort.column)
        };
        let sort = choice.sort.clone().filter(known);
        let sort = sort.unwrap_or_else(|| self.usual.clone());
        if let Some(column) = self.columns.iter().find(|column| column.key == sort.column) {
            let keyed: Vec<(Value, R)> = rows
                .into_iter()
                .map(|row| ((column.read)(&row), row))
                .collect();
            rows = sort_rows(keyed, self.tree, sort.is_descending);
        }
        Chosen { rows, sort, choice }
    }

    /// Renders the table.
    pub(crate) fn show(&self, rows: Vec<R>) -> Markup {
        let all = rows.len();
        let chosen = self.choose(rows);
        let limit = self.limit;
        // A row and the rows below it are on the same page.
        let tops = top_rows(&chosen.rows, self.tree);
        let found = tops.len();
        let last = found.div_ceil(limit).max(1);
        let page = chosen.choice.page.unwrap_or(1);
        let page = usize::try_from(page).unwrap_or(1).clamp(1, last);
        let begin = |page: usize| tops.get((page - 1) * limit).copied();
        let end = begin(page + 1).unwrap_or(chosen.rows.len());
        let shown = &chosen.rows[begin(page).unwrap_or(end)..end];
        html! {
            div .table-head {
                @if self.is_searched && all >= SEARCHED_FROM { (self.search(&chosen.choice)) }
                @if self.is_searched && let Some(text) = &chosen.choice.find { (self.chip(text)) }
                a .quiet.csv href=(self.csv_address()) download aria-label={"Download as CSV: " (self.name)} { "CSV" }
            }
            @if found == 0 && chosen.choice.find.is_some() {
                p .none { "No row has this text." }
            } @else {
                div .scroll tabindex="0" role="region" aria-label=(self.name) {
                    table .(self.id) role="table" {
                        thead role="rowgroup" { tr role="row" {
                            @for column in self.shown_columns() { (self.head(column, &chosen)) }
                        } }
                        tbody role="rowgroup" {
                            @for row in shown { (self.row(row)) }
                        }
                    }
                }
                (layout::pager(&self.name, page as i64, limit as i64, found as i64, |page| {
                    self.address(TableChoice { page: Some(page).filter(|page| *page > 1), ..chosen.choice.clone() })
                }))
            }
            (self.meanings())
        }
    }

    fn shown_columns(&self) -> impl Iterator<Item = &Column<'a, R>> {
        self.columns.iter().filter(|column| !column.is_only_in_csv)
    }

    fn address(&self, choice: TableChoice) -> String {
        let view = self.view.with_table(self.id, choice);
        format!("{}#{}", view.at(&self.path), self.id)
    }

    fn csv_address(&self) -> String {
        let view = View {
            csv: Some(self.id.to_owned()),
            ..self.view.clone()
        };
        view.at(&self.path)
    }

    fn search(&self, choice: &TableChoice) -> Markup {
        let without = self.view.without_text(self.id);
        let name = format!("find.{}", self.id);
        html! {
            form .find-in method="get" action=(self.path) role="search" aria-label={"Search: " (self.name)} {
                @for (name, value) in without.query() {
                    input type="hidden" name=(name) value=(value);
                }
                input type="search" name=(name) value=[&choice.find] placeholder="Search" aria-label={"Search: " (self.name)};
            }
        }
    }

    /// Renders the searched text, with a link that removes the search.
    fn chip(&self, text: &str) -> Markup {
        let without = self.view.without_text(self.id).at(&self.path);
        html! {
            a .chip href={(without) "#" (self.id)} {
                "with “" (text) "”" span aria-hidden="true" { " ✕" } span .hidden { ", remove" }
            }
        }
    }

    fn head(&self, column: &Column<'a, R>, chosen: &Chosen<R>) -> Markup {
        if column.is_action {
            return html! {
                th scope="col" role="columnheader" { span .hidden { (column.head) } }
            };
        }
        let is_sorted = chosen.sort.column == column.key;
        let direction = match (is_sorted, chosen.sort.is_descending) {
            (false, _) => None,
            (true, true) => Some("descending"),
            (true, false) => Some("ascending"),
        };
        // Numbers are sorted from the largest first, texts from A to Z.
        let is_descending = if is_sorted {
            !chosen.sort.is_descending
        } else {
            column.is_number
        };
        let sort = Sort {
            column: column.key.clone(),
            is_descending,
        };
        let address = self.address(TableChoice {
            sort: Some(sort).filter(|sort| *sort != self.usual),
            page: None,
            ..chosen.choice.clone()
        });
        html! {
            th .n[column.is_number] .in-wide[column.is_in_wide_windows] scope="col" role="columnheader" aria-sort=[direction] title=[column.meaning] {
                a .sort href=(address) rel="nofollow" { (column.head) }
            }
        }
    }

    /// Renders rows to be added to a table on the page.
    pub(crate) fn rows(&self, rows: &[R]) -> Markup {
        html! { @for row in rows { (self.row(row)) } }
    }

    fn row(&self, row: &R) -> Markup {
        html! {
            tr role="row" data-depth=[self.tree.map(|depth| depth(row))] {
                @for (at, column) in self.shown_columns().enumerate() {
                    @let value = (column.read)(row);
                    @let whole = whole_text(&value);
                    @let shown = match &column.show {
                        Some(show) => show(row),
                        None => html! { @if whole.is_some() { span .text { (value.show()) } } @else { (value.show()) } },
                    };
                    @if at == 0 {
                        th .words[has_room(&value)] scope="row" role="rowheader" class=[column.class] title=[whole] { (shown) }
                    } @else {
                        td class=[column.cell_class()] role="cell" data-label=[(!column.is_action).then_some(&column.head)] title=[whole] { div .v.words[has_room(&value)] { (shown) } }
                    }
                }
            }
        }
    }

    /// Renders the explanations of the columns.
    fn meanings(&self) -> Markup {
        let meanings: Vec<_> = self
            .shown_columns()
            .filter_map(|column| Some((&column.head, column.meaning?)))
            .collect();
        html! {
            @if !meanings.is_empty() {
                details .meanings {
                    summary { "What the columns mean" span .hidden { ": " (self.name) } }
                    dl {
                        @for (head, meaning) in meanings {
                            div { dt { (head) } dd { (meaning) } }
                        }
                    }
                }
            }
        }
    }
}

/// The full text of a cell that may show only part of it.
fn whole_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) if text.len() > SHORT => Some(text),
        _ => None,
    }
}

/// Whether a column is wide enough for each word of a value, so that no word is broken.
fn has_room(value: &Value) -> bool {
    match value {
        Value::Text(text) => text
            .split_whitespace()
            .all(|word| word.chars().count() <= LONGEST_WORD),
        _ => true,
    }
}

/// The number of rows, as a heading shows it.
pub(crate) fn counted(rows: usize, one: &str, many: &str) -> String {
    format::count(i64::try_from(rows).unwrap_or(i64::MAX), one, many)
}
