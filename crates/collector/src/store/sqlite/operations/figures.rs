//! Figures for the API.

use rusqlite::Connection;

use crate::{
    model::usage::{Dimension, Span},
    store::{
        answer::Answer,
        loss::LossReport,
        operations::FigureOperations,
        sqlite::{
            SqliteStore, account_rows, loss,
            usage::{self, UsageQuery},
            visible::VisibleAccounts,
        },
        usage::{UsageQuestion, UsageReport},
    },
};

impl FigureOperations for SqliteStore {
    fn usage(&self, question: UsageQuestion) -> Answer<'_, Option<UsageReport>> {
        Box::pin(self.read(move |conn| read_usage(conn, question)))
    }

    fn loss(&self, span: Span) -> Answer<'_, LossReport> {
        Box::pin(self.read(move |conn| loss::report(conn, span)))
    }
}

fn read_usage(conn: &Connection, question: UsageQuestion) -> rusqlite::Result<Option<UsageReport>> {
    let Some(account) = account_rows::find_row(conn, &question.account_id)? else {
        return Ok(None);
    };
    if !VisibleAccounts::find(conn, &question.within)?.see(conn, account)? {
        return Ok(None);
    }
    let UsageQuestion {
        by, before, page, ..
    } = question;
    let query = UsageQuery {
        account,
        rollup: question.rollup,
        by,
        span: question.span,
        time_zone: question.time_zone,
        filter: question.filter,
    };
    if before.is_some() || by.is_some_and(Dimension::is_subject) {
        usage::compare(conn, &query, before, &page).map(Some)
    } else {
        usage::report_page(conn, &query, &page).map(Some)
    }
}
