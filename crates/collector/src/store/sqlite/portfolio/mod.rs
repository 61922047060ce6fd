//! Every account with its figures of a period and of the one before, in one pass
//! over the facts: the list of accounts.

mod curve;
mod forest;
mod money;
mod people;
pub(in crate::store::sqlite) mod period;
mod row;

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::{
    facts::{Fact, QUARTER_MS, Sums},
    hierarchy::{Node, Scope},
    name_roles::Roles,
    rows::AccountRow,
    usage::{Detail, RowFilter, Standing, scan, scan_cut},
};
use crate::{
    model::{
        period::Before,
        usage::{Filter, Span},
    },
    store::portfolio::{ListLevel, ListedAccount, Money, Portfolio, PortfolioRow, dimension_text},
};
use curve::Curves;
use forest::Forest;
use people::{ActiveUsers, Members};
use period::{BEFORE, NOW};

/// A question about many accounts.
#[derive(Debug, Clone)]
pub struct PortfolioQuery {
    /// Only accounts of this subtree; `None` for all accounts.
    pub within: Option<AccountRow>,
    /// The accounts that are listed.
    pub level: ListLevel,
    /// Whether those are listed, too, that were deactivated.
    pub with_deactivated: bool,
    /// The period.
    pub span: Span,
    /// The period before, with which it is compared.
    pub before: Option<Before>,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// Values that the accounts must have, by the name of the dimension.
    pub dimensions: BTreeMap<String, String>,
    /// Whether the names are collected that the usage has: they are the choices of a
    /// filter. It takes several times as long.
    pub with_names: bool,
    /// Financial records that are dated later do not count yet; in ms since the
    /// Unix epoch.
    pub now: i64,
}

/// Reads the figures of many accounts.
///
/// # Errors
/// Those of SQLite.
pub fn read(conn: &Connection, query: &PortfolioQuery) -> rusqlite::Result<Portfolio> {
    let forest = Forest::read(conn, query.within)?;
    let mut tally = Tally::new(&forest, query.span);
    tally.read(conn, query)?;
    let mut members = Members::read(conn, &forest)?;
    let money = money::read(conn, &forest, query.now)?;
    let uses = forest.first_and_last_use(conn)?;
    let first_filtered = tally.first_filtered_use(conn, query)?;

    let chosen = |at: usize| {
        let is_shown = query.with_deactivated || !forest.account(at).is_deleted;
        is_shown && forest.is_of_level(at, query.level)
    };
    let mut portfolio = Portfolio {
        dimensions: dimensions_of((0..forest.len()).filter(|at| chosen(*at)), &forest),
        names: tally.roles.names(conn)?,
        ..Portfolio::default()
    };
    let listed: Vec<usize> = (0..forest.len())
        .filter(|at| chosen(*at) && has_dimensions(forest.account(*at), &query.dimensions))
        .collect();

    let active = tally.active.finish();
    members.count_active(&active, &forest);
    let figures = row::rolled_up(&forest, &tally.own, &active);
    let silent = members.silent(&forest);
    let curves = tally.curves.rolled_up(&forest);
    let first = first_filtered.unwrap_or_else(|| uses.iter().map(|uses| uses.first).collect());
    let first = forest.roll_up(first, |above, below| {
        *above = match (*above, *below) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    });
    let is_comparable = |at: usize| {
        let before = query.before;
        before.is_some_and(|before| before.is_comparable(first[at]))
    };
    portfolio.totals = row::totals(
        &forest,
        &listed,
        &tally.own,
        &active,
        &members,
        &money,
        is_comparable,
    );
    let money = forest.roll_up(money, Money::add);
    let last = forest.roll_up(
        uses.iter().map(|uses| uses.last).collect(),
        |above, below| {
            *above = (*above).max(*below);
        },
    );
    portfolio.rows = listed
        .into_iter()
        .map(|at| {
            let [now, before] = figures[at].clone();
            PortfolioRow {
                account: forest.account(at).clone(),
                parent: forest
                    .parent(at)
                    .map(|parent| forest.account(parent).title().to_owned()),
                now,
                before: is_comparable(at).then_some(before),
                members: silent[at].members,
                silent: silent[at].silent,
                last_use: last[at].map(|quarter| i64::from(quarter) * QUARTER_MS),
                revenue: money[at].clone(),
                curve: curves.of(at),
            }
        })
        .collect();
    Ok(portfolio)
}

/// Whether an account has all these values.
fn has_dimensions(account: &ListedAccount, wanted: &BTreeMap<String, String>) -> bool {
    wanted.iter().all(|(name, value)| {
        account
            .details
            .get(name)
            .and_then(dimension_text)
            .is_some_and(|text| text == *value)
    })
}

fn dimensions_of(
    accounts: impl Iterator<Item = usize>,
    forest: &Forest,
) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut dimensions: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for at in accounts {
        for (name, value) in &forest.account(at).details {
            if let Some(text) = dimension_text(value) {
                let values = dimensions.entry(name.clone()).or_default();
                *values.entry(text).or_default() += 1;
            }
        }
    }
    dimensions
}

/// Sums up the facts by account and period.
struct Tally<'a> {
    forest: &'a Forest,
    scope: Scope,
    /// The sums of each account itself, of the period and of the one before.
    own: Vec<[Sums; 2]>,
    /// Feature uses of each account itself, day by day of the period.
    curves: Curves,
    active: ActiveUsers,
    roles: Roles,
}

impl<'a> Tally<'a> {
    fn new(forest: &'a Forest, span: Span) -> Self {
        let nodes = (0..forest.len()).map(|at| Node {
            account: forest.row(at),
            is_leaf: forest.is_leaf(at),
        });
        Tally {
            scope: Scope::from_nodes(nodes.collect()),
            own: vec![[Sums::default(); 2]; forest.len()],
            curves: Curves::new(forest.len(), span),
            active: ActiveUsers::default(),
            roles: Roles::default(),
            forest,
        }
    }

    fn read(&mut self, conn: &Connection, query: &PortfolioQuery) -> rusqlite::Result<()> {
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
        let with_names = query.with_names;
        let detail = if with_names || filter.needs_names() {
            Detail::Facts
        } else {
            Detail::Groups
        };
        let Tally {
            forest,
            scope,
            own,
            curves,
            active,
            roles,
        } = self;
        scan_cut(
            conn,
            scope,
            span,
            &cuts,
            detail,
            |at_ms, account, standing, fact| {
                if standing != Standing::Counted {
                    return;
                }
                if with_names {
                    note_names(roles, &filter, fact);
                }
                if !filter.contains(&fact.key) {
                    return;
                }
                let Some(at) = forest.index(account) else {
                    return;
                };
                let period = if at_ms >= boundary {
                    NOW
                } else if before.is_some_and(|before| before.contains(at_ms)) {
                    BEFORE
                } else {
                    return;
                };
                own[at][period].add(&fact.sums);
                if period == NOW {
                    curves.add(at, fact);
                }
                active.insert(fact.key.user, period, at);
            },
        )
    }

    /// The first quarter of an hour in which each account used the filtered part, as far as the
    /// comparison needs it. `None` without a filter.
    fn first_filtered_use(
        &self,
        conn: &Connection,
        query: &PortfolioQuery,
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
            |account, standing, fact| {
                if standing == Standing::Counted
                    && filter.contains(&fact.key)
                    && let Some(at) = self.forest.index(account)
                {
                    let quarter = fact.key.quarter;
                    first[at] = Some(first[at].map_or(quarter, |first: u32| first.min(quarter)));
                }
            },
        )?;
        Ok(Some(first))
    }
}

/// Notes the names of a fact: every product, the modules of the selected product,
/// and the features of the selected product and module.
#[inline]
fn note_names(roles: &mut Roles, filter: &RowFilter, fact: &Fact) {
    roles.note(fact.key.product, 0, fact);
    if filter.has_product(&fact.key) {
        roles.note(fact.key.module, 1, fact);
        if filter.has_module(&fact.key) {
            roles.note(fact.key.feature, 2, fact);
        }
    }
}
