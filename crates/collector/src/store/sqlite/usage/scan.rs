//! Reads the facts of a span: whole quarters of an hour from segments, parts of a quarter from
//! events.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rusqlite::{Connection, OptionalExtension, params};

use super::span_parts::SpanParts;
use crate::{
    model::{calendar::Month, rollup::FigureKind, usage::Span},
    store::sqlite::{
        event_facts, event_months, fact_blob,
        facts::{Fact, FactKey, QUARTER_MS},
        hierarchy::Scope,
        retention,
        rows::{AccountRow, EventRow},
        segments::damaged,
    },
};

/// Whether a fact counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::sqlite) enum CaptureStatus {
    /// It counts for its account and all ancestors.
    Counted,
    /// Its account has active children, so its usage is not counted.
    NonLeaf,
    /// Its user belongs to another account.
    UserConflict,
}

/// The granularity in which facts are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::sqlite) enum Detail {
    /// Each fact.
    Facts,
    /// The facts of each user, session and quarter of an hour summed up as one fact, without
    /// product, module and feature. This reads a tenth of the numbers.
    Groups,
}

/// Calls `visit` for every fact of a span, in no particular order: with its account, whether it
/// counts, and the fact.
pub(in crate::store::sqlite) fn scan(
    conn: &Connection,
    scope: &Scope,
    span: Span,
    detail: Detail,
    mut visit: impl FnMut(AccountRow, CaptureStatus, &Fact),
) -> rusqlite::Result<()> {
    let mut pass_on = |account: AccountRow, is_set_aside: bool, is_leaf: bool, fact: &Fact| {
        let status = if is_set_aside {
            CaptureStatus::UserConflict
        } else if FigureKind::ProductUsage.is_captured(is_leaf) {
            CaptureStatus::Counted
        } else {
            CaptureStatus::NonLeaf
        };
        visit(account, status, fact);
    };
    let parts = SpanParts::of(conn, span)?;
    read_segments(conn, scope, parts.quarters, detail, &mut pass_on)?;
    for edge in parts.edges {
        read_events(conn, scope, edge, &mut pass_on)?;
    }
    Ok(())
}

/// Calls `visit` for every fact of a span, with a time within the fact. No fact lies on both sides
/// of any of the `cuts`: a quarter of an hour that contains a cut is read from its events, if these
/// are still stored.
pub(in crate::store::sqlite) fn scan_cut(
    conn: &Connection,
    scope: &Scope,
    span: Span,
    cuts: &[i64],
    detail: Detail,
    mut visit: impl FnMut(i64, AccountRow, CaptureStatus, &Fact),
) -> rusqlite::Result<()> {
    let events_from = retention::events_from(conn)?;
    let mut divided: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for cut in cuts.iter().filter(|cut| (span.from..span.to).contains(cut)) {
        let quarter = cut.div_euclid(QUARTER_MS);
        if cut % QUARTER_MS != 0 && quarter >= i64::from(events_from) {
            divided.entry(quarter).or_default().insert(*cut);
        }
    }
    scan(conn, scope, span, detail, |account, status, fact| {
        let quarter = i64::from(fact.key.quarter);
        if divided.is_empty() || !divided.contains_key(&quarter) {
            // The first quarter may have begun before the span.
            visit((quarter * QUARTER_MS).max(span.from), account, status, fact);
        }
    })?;
    for (quarter, cuts) in divided {
        let mut from = (quarter * QUARTER_MS).max(span.from);
        let end = ((quarter + 1) * QUARTER_MS).min(span.to);
        for to in cuts.into_iter().chain([end]) {
            let piece = Span { from, to };
            scan(conn, scope, piece, detail, |account, status, fact| {
                visit(from, account, status, fact);
            })?;
            from = to;
        }
    }
    Ok(())
}

/// Calls `count` for every fact of whole quarters of an hour: with its account, whether it is set
/// aside, whether the account is a leaf, and the fact.
fn read_segments(
    conn: &Connection,
    scope: &Scope,
    quarters: Range<u32>,
    detail: Detail,
    count: &mut impl FnMut(AccountRow, bool, bool, &Fact),
) -> rusqlite::Result<()> {
    let columns = match detail {
        Detail::Facts => "groups, data",
        Detail::Groups => "groups",
    };
    let select = format!(
        "SELECT account_no, is_set_aside, {columns} FROM usage_segments
         WHERE last_quarter >= ?1 AND first_quarter < ?2"
    );
    if quarters.is_empty() {
        return Ok(());
    }
    let mut read = |mut rows: rusqlite::Rows<'_>| {
        while let Some(row) = rows.next()? {
            let account = row.get(0)?;
            let Some(is_leaf) = scope.is_leaf(account) else {
                continue;
            };
            let is_set_aside = row.get(1)?;
            let groups = row.get_ref(2)?.as_blob()?;
            let quarters = quarters.clone();
            match detail {
                Detail::Facts => {
                    let data = row.get_ref(3)?.as_blob()?;
                    fact_blob::decode(groups, data, quarters, |fact| {
                        count(account, is_set_aside, is_leaf, fact);
                    })
                }
                Detail::Groups => fact_blob::decode_groups(groups, quarters, |group| {
                    let key = FactKey {
                        quarter: group.quarter,
                        user: group.user,
                        session: group.session,
                        product: None,
                        module: None,
                        feature: None,
                    };
                    let sums = group.sums;
                    count(account, is_set_aside, is_leaf, &Fact { key, sums });
                }),
            }
            .map_err(damaged)?;
        }
        Ok(())
    };
    if scope.is_most_of(conn)? {
        // Reading in the order of the file is several times faster.
        let mut all = conn.prepare_cached(&select)?;
        return read(all.query(params![quarters.start, quarters.end])?);
    }
    let mut of_account = conn.prepare_cached(&format!("{select} AND account_no = ?3"))?;
    for node in scope.nodes() {
        read(of_account.query(params![quarters.start, quarters.end, node.account])?)?;
    }
    Ok(())
}

/// Calls `count` with a fact for each event of a span.
fn read_events(
    conn: &Connection,
    scope: &Scope,
    span: Span,
    count: &mut impl FnMut(AccountRow, bool, bool, &Fact),
) -> rusqlite::Result<()> {
    for month in event_months::in_span(conn, span)? {
        read_events_of(conn, scope, month, span, count)?;
    }
    Ok(())
}

fn read_events_of(
    conn: &Connection,
    scope: &Scope,
    month: Month,
    span: Span,
    count: &mut impl FnMut(AccountRow, bool, bool, &Fact),
) -> rusqlite::Result<()> {
    let table = event_months::table(month);
    // Read the accounts first: most queries concern few of them, and the index by time contains
    // them, so that the events need not be read.
    let in_span = conn
        .prepare_cached(&format!(
            "SELECT e.id, a.no FROM {table} e INDEXED BY {}
                 CROSS JOIN accounts a ON a.account_id = e.account_id
             WHERE e.created_at >= ?1 AND e.created_at < ?2",
            event_months::time_index(month)
        ))?
        .query_map([span.from, span.to], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(EventRow, AccountRow)>>>()?;
    let mut one = conn.prepare_cached(&format!(
        "SELECT e.set_aside, {} FROM {table} e {} WHERE e.id = ?1",
        event_facts::COLUMNS,
        event_facts::JOINS
    ))?;
    for (event, account) in in_span {
        if let Some(is_leaf) = scope.is_leaf(account) {
            let found = one
                .query_row([event], |row| {
                    Ok((row.get(0)?, event_facts::read_fact(row, 1)?))
                })
                .optional()?;
            // An event of a user without a row does not count here, as it does not in a rebuild. Facts
            // that were lost can lead to that: an erasure takes such a user for unused.
            if let Some((is_set_aside, fact)) = found {
                count(account, is_set_aside, is_leaf, &fact);
            }
        }
    }
    Ok(())
}
