//! The answer of a page with tables: the page, or one of its tables as CSV.

use std::cell::RefCell;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use maud::Markup;

use super::{error::PageError, table::Table, view::View};
use crate::http::error::ApiError;

/// Renders the tables of a page, and keeps the one that was requested as CSV.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    /// The subject of the page, for the name of the file.
    subject: String,
    requested: RefCell<Option<String>>,
}

impl Sheet {
    /// The tables of a page of one account or user, by its id.
    pub(crate) fn of(id: &str) -> Self {
        /// Some systems cut off longer file names.
        const LONGEST: usize = 80;
        let plain = |letter: char| match letter {
            '-' | '_' | '0'..='9' | 'a'..='z' | 'A'..='Z' => letter,
            _ => '_',
        };
        Sheet {
            subject: id.chars().take(LONGEST).map(plain).chain(['-']).collect(),
            ..Sheet::default()
        }
    }

    /// Renders a table of the page.
    pub(crate) fn table<R>(&self, table: &Table<'_, R>, rows: Vec<R>) -> Markup {
        if table.is_requested() {
            *self.requested.borrow_mut() = Some(table.csv(rows));
            return Markup::default();
        }
        table.show(rows)
    }

    /// Renders a table of the page; `none` takes its place if it has no rows. In CSV, such a
    /// table consists of its header line.
    pub(crate) fn table_or<R>(&self, table: &Table<'_, R>, rows: Vec<R>, none: Markup) -> Markup {
        if rows.is_empty() && !table.is_requested() {
            return none;
        }
        self.table(table, rows)
    }

    /// The requested table, or the page if none was requested. If the page has no such table,
    /// the request is refused, because the client would take the page for CSV.
    pub(crate) fn answer(self, view: &View, page: Markup) -> Response {
        let Some(id) = &view.csv else {
            return page.into_response();
        };
        let Some(text) = self.requested.into_inner() else {
            let words = "this page has no such table; those that it has are linked as CSV";
            return PageError::from(ApiError::NotFound(words.into())).into_response();
        };
        // The id is that of a table of the page, so it has no special characters.
        let subject = self.subject;
        let file = format!("attachment; filename=\"natero-{subject}{id}.csv\"");
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, file),
        ];
        (headers, text).into_response()
    }
}
