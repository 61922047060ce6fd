//! How a table is sorted, searched and paged: the part of an address that concerns it.

/// The order of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sort {
    /// Key of the column.
    pub(crate) column: String,
    /// Whether the largest come first.
    pub(crate) is_descending: bool,
}

impl Sort {
    /// Ascending by a column.
    pub(crate) fn up(column: &str) -> Self {
        Sort {
            column: column.to_owned(),
            is_descending: false,
        }
    }

    /// Descending by a column.
    pub(crate) fn down(column: &str) -> Self {
        Sort {
            is_descending: true,
            ..Sort::up(column)
        }
    }

    /// Reads `uses` or `-uses`.
    pub(crate) fn parse(text: &str) -> Self {
        match text.strip_prefix('-') {
            Some(column) => Sort::down(column),
            None => Sort::up(text),
        }
    }

    /// `uses` or `-uses`.
    pub(crate) fn text(&self) -> String {
        let sign = if self.is_descending { "-" } else { "" };
        format!("{sign}{}", self.column)
    }
}

/// The parameters of a table in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TableChoice {
    /// Its order; absent for the default.
    pub(crate) sort: Option<Sort>,
    /// Its page, from 1; absent for the first.
    pub(crate) page: Option<i64>,
    /// Only rows that contain this text.
    pub(crate) find: Option<String>,
}

impl TableChoice {
    /// Reads one parameter. Returns whether it concerns a table.
    pub(crate) fn read(
        tables: &mut std::collections::BTreeMap<String, TableChoice>,
        name: &str,
        value: &str,
    ) -> bool {
        let Some((kind, table)) = name.split_once('.') else {
            return false;
        };
        let choice = match kind {
            "sort" | "page" | "find" => tables.entry(table.to_owned()).or_default(),
            _ => return false,
        };
        match kind {
            "sort" => choice.sort = (!value.is_empty()).then(|| Sort::parse(value)),
            "page" => choice.page = value.parse().ok().filter(|page| *page > 1),
            _ => choice.find = (!value.trim().is_empty()).then(|| value.trim().to_owned()),
        }
        true
    }

    /// The parameters of the table with this id.
    pub(crate) fn query(&self, table: &str) -> Vec<(String, String)> {
        let sort = self.sort.as_ref().map(|sort| ("sort", sort.text()));
        let find = self.find.as_ref().map(|text| ("find", text.clone()));
        let page = self.page.map(|page| ("page", page.to_string()));
        [sort, find, page]
            .into_iter()
            .flatten()
            .map(|(kind, value)| (format!("{kind}.{table}"), value))
            .collect()
    }
}
