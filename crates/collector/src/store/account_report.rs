//! All figures of an account's page in one pass over its facts: the totals of a
//! period and of the one before, usage over time, and usage by product, module and
//! feature.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::{
    facts::{Fact, FactKey, QUARTER_MS},
    hierarchy::Scope,
    portfolio::Before,
    rows::{AccountRow, NameRow},
    usage::{Detail, Limits, RowFilter, Standing, Sum, Totals, scan_cut},
};
use crate::model::{
    rollup::FigureKind,
    usage::{Filter, Span, Uncaptured},
};

/// A question about the usage of an account.
#[derive(Debug, Clone)]
pub struct ReportQuery {
    /// The account.
    pub account: AccountRow,
    /// Whether the usage of its subtree is included.
    pub rollup: bool,
    /// The period.
    pub span: Span,
    /// The period before.
    pub before: Option<Before>,
    /// The part of the usage that counts.
    pub filter: Filter,
    /// Spans of the period, in their order. They may overlap.
    pub bars: Vec<Span>,
    /// The same of the period before.
    pub bars_before: Vec<Span>,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountReport {
    /// The figures of the period, and of the one before.
    pub totals: Compared,
    /// Those of each span.
    pub bars: Vec<Totals>,
    /// Those of each span of the period before; empty where it reaches before the
    /// first use.
    pub bars_before: Vec<Totals>,
    /// The products that were used in either period.
    pub products: Vec<Branch>,
    /// Events of the period that are stored and not counted.
    pub uncaptured: Uncaptured,
}

/// Figures of a period and of the one before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// Those of the period.
    pub now: Totals,
    /// Those of the one before; `None` where it reaches before the first use.
    pub before: Option<Totals>,
}

/// A product, module or feature with its figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// Its name; `None` for events without one.
    pub name: Option<String>,
    /// Its figures.
    pub figures: Compared,
    /// What is in it.
    pub below: Vec<Branch>,
}

/// Reads all figures of an account's page.
///
/// # Errors
/// Those of SQLite.
pub fn read(conn: &Connection, query: &ReportQuery) -> rusqlite::Result<AccountReport> {
    let Some(filter) = RowFilter::find(conn, &query.filter)? else {
        return Ok(AccountReport {
            bars: vec![Totals::default(); query.bars.len()],
            ..AccountReport::default()
        });
    };
    let rolls_up = query.rollup && FigureKind::ProductUsage.rolls_up();
    let scope = Scope::of(conn, query.account, rolls_up)?;
    let limits = Limits::read(conn)?;
    let mut total = Node::new(limits);
    let mut tree = Tree::new(limits);
    let mut bars = Series::new(&query.bars, limits);
    let mut bars_before = Series::new(&query.bars_before, limits);
    let mut uncaptured = Uncaptured::default();
    // History is read, too: a comparison needs the first use of all it compares.
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
        &scope,
        until_now,
        &query.cuts(),
        Detail::Facts,
        |at, _, standing, fact| {
            if !filter.contains(&fact.key) {
                return;
            }
            let period = period_of(at);
            let events = fact.sums.events as i64;
            match (standing, period) {
                (Standing::Counted, period) => {
                    total.add(period, fact);
                    tree.add(period, fact);
                    bars.add(at, fact);
                    bars_before.add(at, fact);
                }
                (Standing::NonLeaf, Some(Period::Now)) => uncaptured.non_leaf += events,
                (Standing::UserConflict, Some(Period::Now)) => uncaptured.user_conflict += events,
                (Standing::NonLeaf | Standing::UserConflict, Some(Period::Before) | None) => {}
            }
        },
    )?;
    let totals = total.finish(query.before);
    let bars_before = match totals.before {
        Some(_) => bars_before.finish(),
        None => Vec::new(),
    };
    Ok(AccountReport {
        totals,
        bars: bars.finish(),
        bars_before,
        products: tree.finish(conn, query.before)?,
        uncaptured,
    })
}

impl ReportQuery {
    /// Every time at which a span begins or ends.
    fn cuts(&self) -> Vec<i64> {
        let spans = [self.span]
            .into_iter()
            .chain(self.before.map(|before| before.span));
        let spans = spans.chain(self.bars.iter().copied());
        let spans = spans.chain(self.bars_before.iter().copied());
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
#[derive(Debug)]
struct Node {
    now: Sum,
    before: Sum,
    first: Option<u32>,
}

impl Node {
    fn new(limits: Limits) -> Self {
        Node {
            now: Sum::new(limits),
            before: Sum::new(limits),
            first: None,
        }
    }

    #[inline]
    fn add(&mut self, period: Option<Period>, fact: &Fact) {
        match period {
            Some(Period::Now) => self.now.add(fact),
            Some(Period::Before) => self.before.add(fact),
            None => {}
        }
        let quarter = fact.key.quarter;
        self.first = Some(self.first.map_or(quarter, |first| first.min(quarter)));
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
}

impl<'a> Series<'a> {
    fn new(spans: &'a [Span], limits: Limits) -> Self {
        Series {
            spans,
            sums: spans.iter().map(|_| Sum::new(limits)).collect(),
        }
    }

    #[inline]
    fn add(&mut self, at: i64, fact: &Fact) {
        let first = self.spans.partition_point(|span| span.to <= at);
        let end = self.spans.partition_point(|span| span.from <= at);
        for sum in self.sums.iter_mut().take(end).skip(first) {
            sum.add(fact);
        }
    }

    fn finish(self) -> Vec<Totals> {
        self.sums.into_iter().map(Sum::finish).collect()
    }
}

/// The names of a fact from the product down.
type Names = [Option<NameRow>; 3];

/// Products, modules and features.
#[derive(Debug)]
struct Tree {
    limits: Limits,
    nodes: Vec<TreeNode>,
    /// The nodes of each combination of names that was met.
    index: HashMap<Names, [usize; 3]>,
    /// By the number of names and the names themselves.
    by_path: HashMap<(usize, Names), usize>,
    previous: Option<(Names, [usize; 3])>,
}

#[derive(Debug)]
struct TreeNode {
    name: Option<NameRow>,
    parent: Option<usize>,
    figures: Node,
}

impl Tree {
    fn new(limits: Limits) -> Self {
        Tree {
            limits,
            nodes: Vec::new(),
            index: HashMap::new(),
            by_path: HashMap::new(),
            previous: None,
        }
    }

    #[inline]
    fn add(&mut self, period: Option<Period>, fact: &Fact) {
        let FactKey {
            product,
            module,
            feature,
            ..
        } = fact.key;
        let names = [product, module, feature];
        let nodes = match self.previous {
            Some((previous, nodes)) if previous == names => nodes,
            _ => self.nodes_of(names),
        };
        for node in nodes {
            self.nodes[node].figures.add(period, fact);
        }
    }

    fn nodes_of(&mut self, names: Names) -> [usize; 3] {
        let nodes = match self.index.get(&names) {
            Some(nodes) => *nodes,
            None => {
                let mut nodes = [0; 3];
                let mut path = [None; 3];
                let mut parent = None;
                for depth in 0..3 {
                    path[depth] = names[depth];
                    let at = self.node(depth, path, parent);
                    nodes[depth] = at;
                    parent = Some(at);
                }
                self.index.insert(names, nodes);
                nodes
            }
        };
        self.previous = Some((names, nodes));
        nodes
    }

    fn node(&mut self, depth: usize, path: Names, parent: Option<usize>) -> usize {
        if let Some(at) = self.by_path.get(&(depth, path)) {
            return *at;
        }
        let at = self.nodes.len();
        self.nodes.push(TreeNode {
            name: path[depth],
            parent,
            figures: Node::new(self.limits),
        });
        self.by_path.insert((depth, path), at);
        at
    }

    /// The products with what is in them. What was used in neither period is left
    /// out.
    fn finish(self, conn: &Connection, before: Option<Before>) -> rusqlite::Result<Vec<Branch>> {
        let mut name = conn.prepare_cached("SELECT name FROM names WHERE no = ?1")?;
        let mut products = Vec::new();
        let mut below: Vec<Vec<Branch>> = self.nodes.iter().map(|_| Vec::new()).collect();
        // A node is made after the one above it.
        for (at, node) in self.nodes.into_iter().enumerate().rev() {
            let figures = node.figures.finish(before);
            let is_used = figures.now.events > 0
                || figures
                    .before
                    .as_ref()
                    .is_some_and(|before| before.events > 0);
            if !is_used {
                continue;
            }
            let branch = Branch {
                name: match node.name {
                    None => None,
                    Some(row) => Some(name.query_row([row], |row| row.get(0))?),
                },
                figures,
                below: std::mem::take(&mut below[at]),
            };
            match node.parent {
                Some(parent) => below[parent].push(branch),
                None => products.push(branch),
            }
        }
        Ok(products)
    }
}

/// The quarters of an hour of the first and the latest counted use of an account, in
/// ms since the Unix epoch.
///
/// # Errors
/// Those of SQLite.
pub fn first_and_last_use(
    conn: &Connection,
    account: AccountRow,
    rollup: bool,
) -> rusqlite::Result<Option<(i64, i64)>> {
    let scope = Scope::of(conn, account, rollup)?;
    let mut of = conn.prepare_cached(
        "SELECT MIN(first_quarter), MAX(last_quarter) FROM usage_segments
         WHERE account_no = ?1 AND is_set_aside = 0",
    )?;
    let mut uses: Option<(i64, i64)> = None;
    for node in scope.nodes().iter().filter(|node| node.is_leaf) {
        let (first, last): (Option<i64>, Option<i64>) =
            of.query_row([node.account], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if let (Some(first), Some(last)) = (first, last) {
            let (first, last) = (first * QUARTER_MS, last * QUARTER_MS);
            uses = Some(uses.map_or((first, last), |uses| (uses.0.min(first), uses.1.max(last))));
        }
    }
    Ok(uses)
}
