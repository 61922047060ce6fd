//! Usage compared with the previous period, with the times when users and accounts were active.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{
    numbered_row::NumberedRow,
    presence::PresenceIndex,
    query::UsageQuery,
    row_filter::RowFilter,
    scan::{CaptureStatus, Detail, scan_cut},
    tally::{Tally, account_number, number},
};
use crate::{
    model::{
        period::Before,
        rollup::FigureKind,
        usage::{Dimension, Span, Uncaptured},
    },
    store::{
        sqlite::{
            facts::{Fact, FactKey},
            hierarchy::Scope,
            rows::AccountRow,
        },
        usage::{Comparison, RowPage, Totals, UsageReport},
    },
};

/// Runs a query and compares its figures with those of `before`, if that is given. Rows of users
/// and accounts also say when these were active. It reads all facts up to the end of the span,
/// because the first use decides what can be compared.
///
/// # Errors
/// Fails when SQLite fails.
pub fn compare(
    conn: &Connection,
    query: &UsageQuery,
    before: Option<Before>,
    page: &RowPage,
) -> rusqlite::Result<UsageReport> {
    let Some(filter) = RowFilter::find(conn, &query.filter)? else {
        let mut report = UsageReport::empty();
        report.comparison = before.map(|_| Comparison::of(&report.totals, None));
        return Ok(report);
    };
    let rolls_up = query.rollup && FigureKind::ProductUsage.rolls_up();
    let scope = Scope::of(conn, query.account, rolls_up)?;
    let detail = if filter.needs_names() || query.by.is_some_and(Dimension::is_name) {
        Detail::Facts
    } else {
        Detail::Groups
    };
    let from = query.span.from;
    let cuts: Vec<i64> = before
        .map_or_else(Vec::new, |before| vec![before.span.from, before.span.to])
        .into_iter()
        .chain([from])
        .collect();
    let until = Span {
        from: Span::ALL.from,
        to: query.span.to,
    };
    let mut periods = Periods::new(query, before);
    scan_cut(
        conn,
        &scope,
        until,
        &cuts,
        detail,
        |at, account, status, fact| {
            if filter.contains(&fact.key) {
                periods.add(at, account, status, fact);
            }
        },
    )?;
    periods.report(conn, page)
}

/// The figures of a period and of the one before it.
struct Periods<'q> {
    query: &'q UsageQuery,
    before: Option<Before>,
    now: Tally,
    earlier: Tally,
    presence: PresenceIndex,
    /// The first quarter of an hour with use.
    first: Option<u32>,
    uncaptured: Uncaptured,
}

impl<'q> Periods<'q> {
    fn new(query: &'q UsageQuery, before: Option<Before>) -> Self {
        Periods {
            query,
            before,
            now: Tally::new(query.by, &query.time_zone),
            earlier: Tally::new(query.by, &query.time_zone),
            presence: PresenceIndex::new(&query.time_zone),
            first: None,
            uncaptured: Uncaptured::default(),
        }
    }

    #[inline]
    fn add(&mut self, at: i64, account: AccountRow, status: CaptureStatus, fact: &Fact) {
        let is_now = at >= self.query.span.from;
        match status {
            CaptureStatus::Counted => {}
            CaptureStatus::NonLeaf => {
                if is_now {
                    self.uncaptured.non_leaf += fact.sums.events as i64;
                }
                return;
            }
            CaptureStatus::UserConflict => {
                if is_now {
                    self.uncaptured.user_conflict += fact.sums.events as i64;
                }
                return;
            }
        }
        let quarter = fact.key.quarter;
        self.first = Some(self.first.map_or(quarter, |first| first.min(quarter)));
        if let Some(value) = value_number(self.query.by, account, &fact.key) {
            self.presence.record(value, quarter, is_now);
        }
        if is_now {
            self.now.add(account, fact);
        } else if self.before.is_some_and(|before| before.contains(at)) {
            self.earlier.add(account, fact);
        }
    }

    /// The report, with the rows of a page.
    fn report(self, conn: &Connection, page: &RowPage) -> rusqlite::Result<UsageReport> {
        let mut report = UsageReport {
            uncaptured: self.uncaptured,
            ..UsageReport::empty()
        };
        let by = self.query.by;
        let rows = if let Some(before) = self.before {
            let (totals, rows, _) = self.now.finish(conn, &RowPage::ALL)?;
            let (previous, earlier, _) = self.earlier.finish(conn, &RowPage::ALL)?;
            let previous = before.is_comparable(self.first).then_some(previous);
            report.comparison = Some(Comparison::of(&totals, previous));
            report.totals = totals;
            // The days of one period have no counterparts in the other.
            let mut rows = if by.is_some_and(|by| by.calendar_unit().is_some()) {
                rows
            } else {
                merged(rows, earlier, |value| {
                    before.is_comparable(self.presence.first(value))
                })
            };
            rows.sort_by(NumberedRow::compare_keys);
            rows.sort_by(|left, right| page.compare(&left.row.totals, &right.row.totals));
            report.next = page.cut(&mut rows);
            rows
        } else {
            let (totals, rows, next) = self.now.finish(conn, page)?;
            (report.totals, report.next) = (totals, next);
            rows
        };
        let is_subject = by.is_some_and(Dimension::is_subject);
        report.rows = rows
            .into_iter()
            .map(|NumberedRow { number, mut row }| {
                if is_subject {
                    row.seen = self.presence.seen(number);
                }
                row
            })
            .collect();
        Ok(report)
    }
}

/// The number by which a tally identifies the value of a fact; `None` for calendar dimensions and
/// without a dimension.
#[inline]
fn value_number(by: Option<Dimension>, account: AccountRow, key: &FactKey) -> Option<u32> {
    match by? {
        Dimension::Product => Some(number(key.product)),
        Dimension::Module => Some(number(key.module)),
        Dimension::Feature => Some(number(key.feature)),
        Dimension::User => Some(key.user.number()),
        Dimension::Account => Some(account_number(account)),
        Dimension::Day | Dimension::Week | Dimension::Month => None,
    }
}

/// The rows of both periods, each with its figures of the previous one. A value that was used only
/// in the previous period has a row, too.
fn merged(
    rows: Vec<NumberedRow>,
    earlier: Vec<NumberedRow>,
    is_comparable: impl Fn(u32) -> bool,
) -> Vec<NumberedRow> {
    let mut earlier: BTreeMap<u32, NumberedRow> =
        earlier.into_iter().map(|row| (row.number, row)).collect();
    let compared = |mut row: NumberedRow, previous: Totals| {
        let previous = is_comparable(row.number).then_some(previous);
        row.row.comparison = Some(Comparison::of(&row.row.totals, previous));
        row
    };
    let mut all: Vec<NumberedRow> = rows
        .into_iter()
        .map(|row| {
            let previous = earlier.remove(&row.number);
            compared(row, previous.map(|row| row.row.totals).unwrap_or_default())
        })
        .collect();
    all.extend(earlier.into_values().map(|row| {
        let gone = NumberedRow::new(row.row.key, row.number, Totals::default());
        compared(gone, row.row.totals)
    }));
    all
}
