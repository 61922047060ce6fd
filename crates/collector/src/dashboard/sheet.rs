//! The answer to a page with tables: the page, or one of its tables as CSV.

use std::cell::RefCell;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use maud::Markup;

use super::{table::Table, view::View};

/// Renders the tables of a page, and keeps the one that is requested as CSV.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    requested: RefCell<Option<String>>,
}

impl Sheet {
    /// Renders a table of the page.
    pub(crate) fn table<R>(&self, table: &Table<'_, R>, rows: Vec<R>) -> Markup {
        if table.is_requested() {
            *self.requested.borrow_mut() = Some(table.csv(rows));
            return Markup::default();
        }
        table.show(rows)
    }

    /// The table that was requested, else the page. A page without the table
    /// answers itself.
    pub(crate) fn answer(self, view: &View, page: Markup) -> Response {
        let (Some(text), Some(id)) = (self.requested.into_inner(), &view.csv) else {
            return page.into_response();
        };
        // The id is that of a table of the page, so it is plain.
        let file = format!("attachment; filename=\"natero-{id}.csv\"");
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, file),
        ];
        (headers, text).into_response()
    }
}
