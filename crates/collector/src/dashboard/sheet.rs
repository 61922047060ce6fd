//! The answer to a page with tables: the page, or one of its tables as CSV.

use std::cell::RefCell;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use maud::Markup;

use super::{error::PageError, table::Table, view::View};
use crate::http::error::ApiError;

/// Renders the tables of a page, and keeps the one that is requested as CSV.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    /// Of what the page is, for the name of the file.
    subject: String,
    requested: RefCell<Option<String>>,
}

impl Sheet {
    /// The tables of a page of one account or user, by its id.
    pub(crate) fn of(id: &str) -> Self {
        /// Longer names of files are cut off by some systems.
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

    /// Renders a table of the page, or what is said in the place of one without rows.
    /// As CSV, it has its head.
    pub(crate) fn table_or<R>(&self, table: &Table<'_, R>, rows: Vec<R>, none: Markup) -> Markup {
        if rows.is_empty() && !table.is_requested() {
            return none;
        }
        self.table(table, rows)
    }

    /// The table that was requested, else the page. A page that has no such table is
    /// refused: as the page, it would be read as a table.
    pub(crate) fn answer(self, view: &View, page: Markup) -> Response {
        let Some(id) = &view.csv else {
            return page.into_response();
        };
        let Some(text) = self.requested.into_inner() else {
            let words = "this page has no such table; those that it has are linked as CSV";
            return PageError::from(ApiError::NotFound(words.into())).into_response();
        };
        // The id is that of a table of the page, so it is plain.
        let subject = self.subject;
        let file = format!("attachment; filename=\"natero-{subject}{id}.csv\"");
        let headers = [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (header::CONTENT_DISPOSITION, file),
        ];
        (headers, text).into_response()
    }
}
