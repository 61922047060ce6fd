//! The list of accounts: every account with its figures of a period and the previous one, in one
//! pass over the facts.

mod forest;
mod money;

pub(super) use money::of_account as revenue_of;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::{
    facts::Fact,
    hierarchy::{Node, Scope},
    name_roles::Roles,
    rows::AccountRow,
    usage::{CaptureStatus, Detail, RowFilter, scan, scan_cut},
};
use crate::{
    model::usage::{Filter, Span},
    store::portfolio::{BEFORE, Forest, ListQuestion, NOW, Own, Portfolio},
};

/// Reads the figures of all accounts, or of one subtree. With `with_names`, also collects the
/// product, module and feature names in use, which are the choices of filters. That takes several
/// times as long.
///
/// # Errors
/// Fails when SQLite fails.
pub fn read(
    conn: &Connection,
    within: Option<AccountRow>,
    question: &ListQuestion,
    with_names: bool,
) -> rusqlite::Result<Portfolio> {
    let forest = forest::read(conn, within)?;
    let mut tally = Tally::new(&forest, question);
    tally.read(conn, question, with_names)?;
    let first_filtered = tally.first_filtered_use(conn, question)?;
    let names = tally.roles.names(conn)?;
    let mut own = tally.own;
    own.first_filtered = first_filtered;
    own.uses = forest::read_uses(conn, &forest)?;
    forest::read_members(conn, &forest, &mut own)?;
    money::read(conn, &forest, question.now, &mut own)?;
    Ok(Portfolio {
        names,
        ..own.listed(&forest, question)
    })
}

/// Reads the latest use of accounts, each with its descendants, in ms since the Unix epoch. `within`
/// is the root of the accounts that the caller may see.
///
/// # Errors
/// Fails when SQLite fails.
pub fn last_uses(
    conn: &Connection,
    within: Option<AccountRow>,
    ids: &BTreeSet<String>,
) -> rusqlite::Result<BTreeMap<String, i64>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let forest = forest::read(conn, within)?;
    let uses = forest::read_uses(conn, &forest)?;
    Ok(forest.last_uses_of(ids, &uses))
}

/// Sums up the facts by account and period.
struct Tally<'a> {
    forest: &'a Forest,
    scope: Scope,
    own: Own,
    roles: Roles,
}

impl<'a> Tally<'a> {
    fn new(forest: &'a Forest, question: &ListQuestion) -> Self {
        let nodes = (0..forest.len()).filter_map(|at| {
            Some(Node {
                account: AccountRow::from_number(forest.number(at))?,
                is_leaf: forest.is_leaf(at),
            })
        });
        Tally {
            scope: Scope::from_nodes(nodes.collect()),
            own: Own::none(forest, question),
            roles: Roles::default(),
            forest,
        }
    }

    fn read(
        &mut self,
        conn: &Connection,
        query: &ListQuestion,
        with_names: bool,
    ) -> rusqlite::Result<()> {
        let Some(filter) = RowFilter::find(conn, &query.filter)? else {
            return Ok(());
        };
        let from = query
            .before
            .map_or(query.span.from, |before| before.span.from);
        let span = Span {
            from,
            to: query.span.to,
        };
        let (boundary, before) = (query.span.from, query.before);
        let cuts: Vec<i64> = before
            .map_or_else(Vec::new, |before| vec![before.span.to])
            .into_iter()
            .chain([boundary])
            .collect();
        let detail = if with_names || filter.needs_names() {
            Detail::Facts
        } else {
            Detail::Groups
        };
        let Tally {
            forest,
            scope,
            own,
            roles,
        } = self;
        scan_cut(
            conn,
            scope,
            span,
            &cuts,
            detail,
            |at_ms, account, status, fact| {
                if status != CaptureStatus::Counted {
                    return;
                }
                if with_names {
                    record_names(roles, &filter, fact);
                }
                if !filter.contains(&fact.key) {
                    return;
                }
                let Some(at) = forest.index(account.number()) else {
                    return;
                };
                let period = if at_ms >= boundary {
                    NOW
                } else if before.is_some_and(|before| before.contains(at_ms)) {
                    BEFORE
                } else {
                    return;
                };
                own.sums[at][period].add(&fact.sums);
                if period == NOW {
                    own.curves.add(at, fact.key.quarter, fact.sums.features);
                }
                own.active.insert(fact.key.user.number(), period, at);
            },
        )
    }

    /// The quarter of an hour of each account's first use that passes the filter, as far as the
    /// comparison needs it. `None` without a filter.
    fn first_filtered_use(
        &self,
        conn: &Connection,
        query: &ListQuestion,
    ) -> rusqlite::Result<Option<Vec<Option<u32>>>> {
        let (Some(before), true) = (query.before, query.filter != Filter::default()) else {
            return Ok(None);
        };
        let mut first = vec![None; self.forest.len()];
        let Some(filter) = RowFilter::find(conn, &query.filter)? else {
            return Ok(Some(first));
        };
        let until = Span {
            from: Span::ALL.from,
            to: before.first_day_end,
        };
        scan(
            conn,
            &self.scope,
            until,
            Detail::Facts,
            |account, status, fact| {
                if status == CaptureStatus::Counted
                    && filter.contains(&fact.key)
                    && let Some(at) = self.forest.index(account.number())
                {
                    let quarter = fact.key.quarter;
                    first[at] = Some(first[at].map_or(quarter, |first: u32| first.min(quarter)));
                }
            },
        )?;
        Ok(Some(first))
    }
}

/// Records the names of a fact: every product, the modules of the selected product, and the
/// features of the selected product and module.
#[inline]
fn record_names(roles: &mut Roles, filter: &RowFilter, fact: &Fact) {
    roles.record(fact.key.product, 0, fact);
    if filter.has_product(&fact.key) {
        roles.record(fact.key.module, 1, fact);
        if filter.has_module(&fact.key) {
            roles.record(fact.key.feature, 2, fact);
        }
    }
}
