//! All figures of an account's page in one pass over its facts: the totals of a period and the
//! previous one, usage over time, and usage by product, module and feature.

use std::{collections::HashSet, ops::Range};

use rusqlite::{Connection, Rows};

use super::{
    facts::{Fact, FactKey, QUARTER_MS},
    hierarchy::Scope,
    name_places::{NamePlaces, Names},
    rows::{AccountRow, NameRow},
    usage::{CaptureStatus, Detail, RowFilter, Sum, scan_cut},
    visits::{Visit, Visits},
};
use crate::{
    model::{
        period::Before,
        rollup::FigureKind,
        usage::{Filter, Span, Uncaptured},
    },
    store::{
        account_report::{AccountReport, Branch, Compared},
        usage::Totals,
    },
};

/// Selects the figures of the page of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportQuery {
    /// The account.
    pub account: AccountRow,
    /// Whether the usage of its subtree is included.
    pub rollup: bool,
    /// The period.
    pub span: Span,
    /// The previous period.
    pub before: Option<Before>,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// The bars of the period, in chronological order. They may overlap.
    pub bars: Vec<Span>,
    /// The bars of the previous period.
    pub bars_before: Vec<Before>,
}

/// Reads all figures of an account's page.
///
/// # Errors
/// Fails when SQLite fails.
pub fn read(conn: &Connection, query: &ReportQuery) -> rusqlite::Result<AccountReport> {
    let rolls_up = query.rollup && FigureKind::ProductUsage.rolls_up();
    let scope = Scope::of(conn, query.account, rolls_up)?;
    read_of(conn, &scope, query)
}

/// Reads the figures of the accounts of a scope, whatever account the query names.
///
/// # Errors
/// Fails when SQLite fails.
pub(super) fn read_of(
    conn: &Connection,
    scope: &Scope,
    query: &ReportQuery,
) -> rusqlite::Result<AccountReport> {
    let Some(filter) = RowFilter::find(conn, &query.filter)? else {
        return Ok(AccountReport {
            bars: vec![Totals::default(); query.bars.len()],
            ..AccountReport::default()
        });
    };
    let mut visits = Visits::default();
    let mut tree = Tree::default();
    let mut bars = Series::new(&query.bars);
    let spans_before: Vec<Span> = query.bars_before.iter().map(|bar| bar.span).collect();
    let mut bars_before = Series::new(&spans_before);
    let mut uncaptured = Uncaptured::default();
    // Earlier facts are read, too: a comparison needs the first use of everything it compares.
    // Nothing else is needed of facts outside of all spans.
    let cuts = query.cuts();
    let earliest = cuts.iter().copied().min().unwrap_or(i64::MIN);
    let until_now = Span {
        from: Span::ALL.from,
        to: query.span.to,
    };
    let period_of = |at: i64| {
        if at >= query.span.from {
            Some(Period::Now)
        } else if query.before.is_some_and(|before| before.contains(at)) {
            Some(Period::Before)
        } else {
            None
        }
    };
    scan_cut(
        conn,
        scope,
        until_now,
        &cuts,
        Detail::Facts,
        |at, _, status, fact| {
            if !filter.contains(&fact.key) {
                return;
            }
            let period = period_of(at);
            let events = fact.sums.events as i64;
            match (status, period) {
                (CaptureStatus::Counted, _) if at < earliest => tree.record(fact),
                (CaptureStatus::Counted, period) => {
                    let visit = visits.of(fact);
                    tree.add(period, fact, visit);
                    bars.add(at, fact, visit);
                    bars_before.add(at, fact, visit);
                }
                (CaptureStatus::NonLeaf, Some(Period::Now)) => uncaptured.non_leaf += events,
                (CaptureStatus::UserConflict, Some(Period::Now)) => {
                    uncaptured.user_conflict += events
                }
                (
                    CaptureStatus::NonLeaf | CaptureStatus::UserConflict,
                    Some(Period::Before) | None,
                ) => {}
            }
        },
    )?;
    let (totals, first, products) = tree.finish(conn, query.before)?;
    let bars_before = match totals.before {
        // A rolling bar begins before its period does.
        Some(_) => bars_before
            .finish()
            .into_iter()
            .zip(&query.bars_before)
            .map(|(totals, bar)| bar.is_comparable(first).then_some(totals))
            .collect(),
        None => Vec::new(),
    };
    Ok(AccountReport {
        totals,
        bars: bars.finish(),
        bars_before,
        products,
        uncaptured,
    })
}

impl ReportQuery {
    /// All times at which a span begins or ends.
    fn cuts(&self) -> Vec<i64> {
        let spans = [self.span]
            .into_iter()
            .chain(self.before.map(|before| before.span));
        let spans = spans.chain(self.bars.iter().copied());
        let spans = spans.chain(self.bars_before.iter().map(|bar| bar.span));
        let cuts: HashSet<i64> = spans.flat_map(|span| [span.from, span.to]).collect();
        cuts.into_iter().collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Period {
    Now,
    Before,
}

/// The figures of both periods, and the quarter of an hour of the first use.
#[derive(Debug, Default)]
struct Node {
    now: Sum,
    before: Sum,
    first: Option<u32>,
}

impl Node {
    #[inline]
    fn add(&mut self, period: Option<Period>, fact: &Fact, visit: Visit) {
        let sum = match period {
            Some(Period::Now) => Some(&mut self.now),
            Some(Period::Before) => Some(&mut self.before),
            None => None,
        };
        if let Some(sum) = sum {
            sum.add_figures(&fact.sums);
            sum.add_visit(visit.user, visit.session);
        }
        self.record(fact.key.quarter);
    }

    /// Records a use.
    #[inline]
    fn record(&mut self, quarter: u32) {
        self.first = Some(self.first.map_or(quarter, |first| first.min(quarter)));
    }

    /// Adds the figures of a node below.
    fn add_node(&mut self, below: &Node) {
        self.now.add_sum(&below.now);
        self.before.add_sum(&below.before);
        self.first = [self.first, below.first].into_iter().flatten().min();
    }

    fn finish(self, before: Option<Before>) -> Compared {
        let first = self.first;
        Compared {
            now: self.now.finish(),
            before: before
                .filter(|before| before.is_comparable(first))
                .map(|_| self.before.finish()),
        }
    }
}

/// The figures of spans that follow each other or overlap.
#[derive(Debug)]
struct Series<'a> {
    spans: &'a [Span],
    sums: Vec<Sum>,
    /// The latest time, and the indexes of the spans that contain it.
    current: (i64, Range<usize>),
}

impl<'a> Series<'a> {
    fn new(spans: &'a [Span]) -> Self {
        Series {
            spans,
            sums: spans.iter().map(|_| Sum::default()).collect(),
            current: (i64::MIN, 0..0),
        }
    }

    #[inline]
    fn add(&mut self, at: i64, fact: &Fact, visit: Visit) {
        let is_same = visit.is_same && self.current.0 == at;
        if self.current.0 != at {
            let first = self.spans.partition_point(|span| span.to <= at);
            let end = self.spans.partition_point(|span| span.from <= at);
            self.current = (at, first..end.max(first));
        }
        for sum in &mut self.sums[self.current.1.clone()] {
            sum.add_figures(&fact.sums);
            if !is_same {
                sum.add_visit(visit.user, visit.session);
            }
        }
    }

    fn finish(self) -> Vec<Totals> {
        self.sums.into_iter().map(Sum::finish).collect()
    }
}

/// Products, modules and features. A fact is added only to its feature. The levels above are
/// computed from the sums of the features.
#[derive(Debug, Default)]
struct Tree {
    places: NamePlaces,
    /// The figures of each feature, by its index among the names.
    figures: Vec<Node>,
}

impl Tree {
    #[inline]
    fn add(&mut self, period: Option<Period>, fact: &Fact, visit: Visit) {
        self.of(fact).add(period, fact, visit);
    }

    /// Records a use outside of all spans.
    #[inline]
    fn record(&mut self, fact: &Fact) {
        self.of(fact).record(fact.key.quarter);
    }

    /// The figures of the feature of a fact.
    #[inline]
    fn of(&mut self, fact: &Fact) -> &mut Node {
        let FactKey {
            product,
            module,
            feature,
            ..
        } = fact.key;
        let at = self.places.of([product, module, feature]);
        if at >= self.figures.len() {
            self.figures.resize_with(at + 1, Node::default);
        }
        &mut self.figures[at]
    }

    /// The total figures, the quarter of an hour of the first use, and the products with their
    /// modules and features. Whatever was used in neither period is left out.
    fn finish(
        self,
        conn: &Connection,
        before: Option<Before>,
    ) -> rusqlite::Result<(Compared, Option<u32>, Vec<Branch>)> {
        let mut figures = self.figures;
        let features = self.places.sorted().into_iter();
        let features = features
            .map(|(names, at)| (names, std::mem::take(&mut figures[at])))
            .collect();
        let mut all = Node::default();
        let products = branches(conn, before, features, 0, &mut all)?;
        let first = all.first;
        Ok((all.finish(before), first, products))
    }
}

/// The branches at a depth, where 0 means products. `features` must be ordered by name. Adds their
/// figures to `above`.
fn branches(
    conn: &Connection,
    before: Option<Before>,
    features: Vec<(Names, Node)>,
    depth: usize,
    above: &mut Node,
) -> rusqlite::Result<Vec<Branch>> {
    let mut branches = Vec::new();
    let mut features = features.into_iter().peekable();
    while let Some((names, mut node)) = features.next() {
        let below = if depth + 1 < names.len() {
            let mut within = vec![(names, node)];
            while let Some(next) = features.next_if(|(next, _)| next[depth] == names[depth]) {
                within.push(next);
            }
            node = Node::default();
            self::branches(conn, before, within, depth + 1, &mut node)?
        } else {
            Vec::new()
        };
        above.add_node(&node);
        let figures = node.finish(before);
        let is_used = figures.now.events > 0
            || (figures.before.as_ref()).is_some_and(|before| before.events > 0);
        if is_used {
            let name = names[depth].map(|row| name_of(conn, row)).transpose()?;
            branches.push(Branch {
                name,
                figures,
                below,
            });
        }
    }
    Ok(branches)
}

fn name_of(conn: &Connection, row: NameRow) -> rusqlite::Result<String> {
    conn.prepare_cached("SELECT name FROM names WHERE no = ?1")?
        .query_row([row], |row| row.get(0))
}

/// The quarters of an hour of the first and the latest counted use of an account, in
/// ms since the Unix epoch.
///
/// # Errors
/// Fails when SQLite fails.
pub fn first_and_last_use(
    conn: &Connection,
    account: AccountRow,
    rollup: bool,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let scope = Scope::of(conn, account, rollup)?;
    let mut uses: Option<(i64, i64)> = None;
    let mut read = |mut rows: Rows<'_>| {
        while let Some(row) = rows.next()? {
            if scope.is_leaf(row.get(0)?) != Some(true) {
                continue;
            }
            let (first, last): (i64, i64) = (row.get(1)?, row.get(2)?);
            let (first, last) = (first * QUARTER_MS, last * QUARTER_MS);
            uses = Some(uses.map_or((first, last), |uses| (uses.0.min(first), uses.1.max(last))));
        }
        Ok::<_, rusqlite::Error>(())
    };
    let select = "SELECT account_no, first_quarter, last_quarter FROM usage_segments
         WHERE is_set_aside = 0";
    if scope.is_most_of(conn)? {
        // Reading in the order of the file is several times faster.
        read(conn.prepare_cached(select)?.query([])?)?;
    } else {
        let mut of_account = conn.prepare_cached(&format!("{select} AND account_no = ?1"))?;
        for node in scope.nodes().iter().filter(|node| node.is_leaf) {
            read(of_account.query([node.account])?)?;
        }
    }
    Ok(uses)
}
