//! Queries for the usage of an account or of its subtree.
//!
//! Whole quarters of an hour are read from facts, and parts of a quarter from events. Where events
//! have been deleted (see [`retention`](super::retention)), a quarter counts wholly in the span in
//! which it begins.

mod compared;
mod numbered_row;
mod presence;
mod query;
mod row_filter;
mod scan;
mod span_parts;
mod tally;
mod user_sums;

use rusqlite::Connection;

use super::{hierarchy::Scope, rows::AccountRow};
use crate::{
    model::{
        rollup::FigureKind,
        usage::{Dimension, Filter, Span, Uncaptured},
    },
    store::usage::{RowPage, UsageReport},
};
pub use compared::compare;
pub use query::UsageQuery;
pub(in crate::store::sqlite) use row_filter::RowFilter;
pub(in crate::store::sqlite) use scan::{CaptureStatus, Detail, scan, scan_cut};
pub(in crate::store::sqlite) use tally::Sum;
use tally::Tally;

/// Runs a query.
///
/// # Errors
/// Fails when SQLite fails.
pub fn report(conn: &Connection, query: &UsageQuery) -> rusqlite::Result<UsageReport> {
    report_page(conn, query, &RowPage::ALL)
}

/// Runs a query and returns one page of its rows. Users who are not on the page take some 50 bytes
/// of memory each.
///
/// # Errors
/// Fails when SQLite fails.
pub fn report_page(
    conn: &Connection,
    query: &UsageQuery,
    page: &RowPage,
) -> rusqlite::Result<UsageReport> {
    let [report] = read_reports(conn, query, [query.by], page)?;
    Ok(report)
}

/// Runs a query for several dimensions instead of its own. The facts are read once for all of them.
///
/// # Errors
/// Fails when SQLite fails.
pub fn report_by<const N: usize>(
    conn: &Connection,
    query: &UsageQuery,
    by: [Option<Dimension>; N],
) -> rusqlite::Result<[UsageReport; N]> {
    read_reports(conn, query, by, &RowPage::ALL)
}

/// The feature uses of an account and its subtree in a span. This is all that a share needs, and
/// takes half as long as a report.
///
/// # Errors
/// Fails when SQLite fails.
pub fn feature_uses(
    conn: &Connection,
    account: AccountRow,
    span: Span,
    filter: &Filter,
) -> rusqlite::Result<f64> {
    let Some(filter) = RowFilter::find(conn, filter)? else {
        return Ok(0.0);
    };
    let scope = Scope::of(conn, account, FigureKind::ProductUsage.rolls_up())?;
    let detail = if filter.needs_names() {
        Detail::Facts
    } else {
        Detail::Groups
    };
    let mut uses = 0.0;
    scan(conn, &scope, span, detail, |_, status, fact| {
        if status == CaptureStatus::Counted && filter.contains(&fact.key) {
            uses += fact.sums.features;
        }
    })?;
    Ok(uses)
}

fn read_reports<const N: usize>(
    conn: &Connection,
    query: &UsageQuery,
    by: [Option<Dimension>; N],
    page: &RowPage,
) -> rusqlite::Result<[UsageReport; N]> {
    let Some(filter) = RowFilter::find(conn, &query.filter)? else {
        return Ok(by.map(|_| UsageReport::empty()));
    };
    let rolls_up = query.rollup && FigureKind::ProductUsage.rolls_up();
    let scope = Scope::of(conn, query.account, rolls_up)?;
    let mut tallies: Vec<_> = by
        .iter()
        .map(|by| Tally::new(*by, &query.time_zone))
        .collect();
    let mut uncaptured = Uncaptured::default();
    let detail = if filter.needs_names() || by.iter().flatten().any(|by| by.is_name()) {
        Detail::Facts
    } else {
        Detail::Groups
    };
    scan(conn, &scope, query.span, detail, |account, status, fact| {
        if !filter.contains(&fact.key) {
            return;
        }
        let events = fact.sums.events as i64;
        match status {
            CaptureStatus::Counted => {
                for tally in &mut tallies {
                    tally.add(account, fact);
                }
            }
            CaptureStatus::NonLeaf => uncaptured.non_leaf += events,
            CaptureStatus::UserConflict => uncaptured.user_conflict += events,
        }
    })?;
    let mut reports = Vec::with_capacity(N);
    for tally in tallies {
        let (totals, rows, next) = tally.finish(conn, page)?;
        reports.push(UsageReport {
            totals,
            rows: rows.into_iter().map(|numbered| numbered.row).collect(),
            next,
            uncaptured,
            comparison: None,
        });
    }
    Ok(reports
        .try_into()
        .expect("one report for each of N dimensions"))
}
