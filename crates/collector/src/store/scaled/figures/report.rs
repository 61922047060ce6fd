//! The figures of the page of an account or a user.

use std::collections::BTreeMap;

use super::{
    bars,
    reading::{Reading, add, periods, totals},
    rows::Rows,
};
use crate::{
    model::{
        period::Before,
        usage::{Filter, Span, Uncaptured},
    },
    store::{
        account_page::Chart,
        account_report::{AccountReport, Branch, Compared},
        scaled::failure::Result,
        usage::Totals,
    },
};

/// A question about the usage of the accounts of a reading.
#[derive(Debug)]
pub(in crate::store::scaled) struct ReportQuestion<'a> {
    /// The period.
    pub(in crate::store::scaled) span: Span,
    /// The previous period.
    pub(in crate::store::scaled) before: Option<Before>,
    /// The part of the usage that counts.
    pub(in crate::store::scaled) filter: &'a Filter,
    /// The bars of the chart.
    pub(in crate::store::scaled) chart: &'a Chart,
}

/// Reads all figures.
pub(in crate::store::scaled) async fn read(
    reading: &Reading,
    question: &ReportQuestion<'_>,
) -> Result<AccountReport> {
    let until = Span {
        from: Span::ALL.from,
        to: question.span.to,
    };
    let sql = |facts: &str| statement(facts, question);
    let read = (until, question.filter);
    let mut rows = reading.ask(read, sql, Vec::new()).await?;
    // In this order, a product or module precedes its parts.
    let mut found: BTreeMap<Vec<Option<String>>, Node> = BTreeMap::new();
    while rows.has_more() {
        let path = Node::path(&mut rows)?;
        found.entry(path).or_default().add(&mut rows)?;
    }
    let mut report = AccountReport::default();
    let mut first = None;
    for (path, node) in found {
        let uncaptured = node.uncaptured;
        if path.is_empty() {
            first = node.first;
            report.totals = node.finish(question.before);
            report.uncaptured = uncaptured;
        } else {
            let figures = node.finish(question.before);
            if is_used(&figures) {
                place(&mut report.products, path, figures);
            }
        }
    }
    let has_before = report.totals.before.is_some();
    let (chart, filter) = (question.chart, question.filter);
    let bars = bars::read(reading, chart, question.span.to, filter, has_before).await?;
    (report.bars, report.bars_before) = bars.compared(&chart.bars_before, first);
    Ok(report)
}

/// The query for the figures in total, by product, by module and by feature: each event counts on
/// four levels.
fn statement(facts: &str, question: &ReportQuestion<'_>) -> String {
    format!(
        "SELECT depth, p, m, f, {}, {}, toUInt8(countIf(counts = 1) > 0),
            minIf(quarter, counts = 1), countIf(aside = 0 AND captures = 0 AND is_now = 1),
            countIf(aside = 1 AND is_now = 1)
         FROM (
            SELECT user_id, session_id, features, module_time, active_time, aside, captures, counts,
                quarter, is_now, is_earlier, depth, if(depth > 0, product, NULL) AS p,
                if(depth > 1, module, NULL) AS m, if(depth > 2, feature, NULL) AS f
            FROM (SELECT *, {}, arrayJoin([0, 1, 2, 3]) AS depth FROM ({facts}))
         ) GROUP BY depth, p, m, f",
        totals("counts = 1 AND is_now = 1"),
        totals("counts = 1 AND is_earlier = 1"),
        periods(question.span, question.before.map(|before| before.span)),
    )
}

/// The figures in total, or of a product, module or feature.
#[derive(Debug, Default)]
struct Node {
    now: Totals,
    before: Totals,
    /// The quarter of an hour of the first use.
    first: Option<u32>,
    uncaptured: Uncaptured,
}

impl Node {
    /// Reads the names, from the product downwards; no names for the total.
    fn path(rows: &mut Rows) -> Result<Vec<Option<String>>> {
        let depth = usize::from(rows.tiny()?);
        let mut path = vec![rows.optional()?, rows.optional()?, rows.optional()?];
        path.truncate(depth);
        Ok(path)
    }

    /// Adds the figures of a shard.
    fn add(&mut self, rows: &mut Rows) -> Result<()> {
        add(&mut self.now, &rows.totals()?);
        add(&mut self.before, &rows.totals()?);
        self.first = [self.first, rows.if_any()?].into_iter().flatten().min();
        self.uncaptured.non_leaf += rows.count()?;
        self.uncaptured.user_conflict += rows.count()?;
        Ok(())
    }

    fn finish(self, before: Option<Before>) -> Compared {
        let before = before.filter(|before| before.is_comparable(self.first));
        Compared {
            now: self.now,
            before: before.map(|_| self.before),
        }
    }
}

/// Whether either period has events.
fn is_used(figures: &Compared) -> bool {
    let Compared { now, before } = figures;
    now.events > 0 || before.as_ref().is_some_and(|before| before.events > 0)
}

/// Adds a branch below the last branches of the levels above, to which it belongs. They exist
/// already: whatever was used is a part of something that was used.
fn place(products: &mut Vec<Branch>, mut path: Vec<Option<String>>, figures: Compared) {
    let Some(name) = path.pop() else { return };
    let mut branches = products;
    for _ in path {
        let Some(above) = branches.last_mut() else {
            return;
        };
        branches = &mut above.below;
    }
    branches.push(Branch {
        name,
        figures,
        below: Vec::new(),
    });
}
