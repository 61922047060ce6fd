//! Usage over time: the figures of the bars of a chart. Bars may overlap.

use super::reading::{Reading, add, numbered_quarters, totals};
use crate::{
    model::{
        period::Before,
        quarter::QUARTER_MS,
        usage::{Filter, Span},
    },
    store::{
        account_page::Chart,
        scaled::{clickhouse::External, failure::Result, row_binary::RowBinary},
        usage::Totals,
    },
};

/// The figures of the bars of a period, and of those of the previous one.
#[derive(Debug)]
pub(super) struct Bars {
    now: Vec<Totals>,
    /// Empty when the previous period is not compared.
    before: Vec<Totals>,
}

impl Bars {
    /// The figures of both periods, without previous bars that begin before the first use. A
    /// rolling bar begins before its period does.
    pub(super) fn compared(
        self,
        bars_before: &[Before],
        first: Option<u32>,
    ) -> (Vec<Totals>, Vec<Option<Totals>>) {
        let before = self.before.into_iter().zip(bars_before);
        let before = before.map(|(totals, bar)| bar.is_comparable(first).then_some(totals));
        (self.now, before.collect())
    }
}

/// Reads the figures of each bar, without events after the `end` of the period.
pub(super) async fn read(
    reading: &Reading,
    chart: &Chart,
    end: i64,
    filter: &Filter,
    has_before: bool,
) -> Result<Bars> {
    let mut spans = chart.bars.clone();
    let now = spans.len();
    if has_before {
        spans.extend(chart.bars_before.iter().map(|bar| bar.span));
    }
    let mut figures = vec![Totals::default(); spans.len()];
    let pieces = Pieces::of(&spans);
    if let Some(whole) = pieces.whole() {
        let span = whole.until(end);
        let quarters = reading.quarters(span, filter).await?;
        let tables = vec![pieces.of_quarters(quarters), pieces.of_bars(&spans)];
        let sql = |facts: &str| {
            format!(
                "SELECT bar, {} FROM (
                SELECT user_id, session_id, features, module_time, active_time,
                    toUInt32(number{}) AS piece
                FROM (SELECT * FROM ({}) WHERE counts = 1) AS facts
                    ALL INNER JOIN pieces USING quarter
             ) AS cut ALL INNER JOIN bars USING piece GROUP BY bar",
                totals("1 = 1"),
                pieces.within_quarters(),
                facts,
            )
        };
        let mut rows = reading.ask((span, filter), sql, tables).await?;
        while rows.has_more() {
            let (bar, totals) = (rows.small()?, rows.totals()?);
            if let Some(figures) = figures.get_mut(bar as usize) {
                add(figures, &totals);
            }
        }
    }
    let before = figures.split_off(now);
    Ok(Bars {
        now: figures,
        before,
    })
}

/// The pieces of time between the points where bars begin or end. The piece `n` begins at the cut
/// `n - 1`.
#[derive(Debug)]
struct Pieces {
    cuts: Vec<i64>,
}

impl Pieces {
    fn of(spans: &[Span]) -> Self {
        let mut cuts: Vec<i64> = spans.iter().flat_map(|span| [span.from, span.to]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        Pieces { cuts }
    }

    /// The span from the first cut to the last.
    fn whole(&self) -> Option<Span> {
        Some(Span {
            from: *self.cuts.first()?,
            to: *self.cuts.last()?,
        })
    }

    /// An external table with the piece in which each quarter of an hour begins.
    fn of_quarters(&self, quarters: Vec<u32>) -> External {
        numbered_quarters("pieces", quarters, |quarter| {
            let start = i64::from(quarter) * QUARTER_MS;
            self.cuts.partition_point(|cut| *cut <= start) as u32
        })
    }

    /// SQL terms that correct the piece of a quarter of an hour to the piece of an event in it.
    /// They are needed for a period that is not over yet, because it ends within a quarter; days
    /// begin with one.
    fn within_quarters(&self) -> String {
        let within = self.cuts.iter().filter(|cut| *cut % QUARTER_MS != 0);
        within
            .map(|cut| {
                let quarter = cut.div_euclid(QUARTER_MS);
                format!(" + (quarter = {quarter} AND at >= {cut})")
            })
            .collect()
    }

    /// An external table with the bars that each piece belongs to.
    fn of_bars(&self, spans: &[Span]) -> External {
        let mut rows = RowBinary::default();
        for (bar, span) in spans.iter().enumerate() {
            let first = self.cuts.partition_point(|cut| *cut <= span.from);
            let end = self.cuts.partition_point(|cut| *cut < span.to);
            for piece in first..=end {
                if span.from < span.to {
                    rows.small(piece as u32);
                    rows.small(bar as u32);
                }
            }
        }
        External {
            name: "bars",
            structure: "piece UInt32, bar UInt32",
            rows: rows.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_is_of_the_bars_that_contain_it() {
        let spans = [(0, 10), (5, 15), (15, 20)].map(|(from, to)| Span { from, to });
        let pieces = Pieces::of(&spans);
        assert_eq!(pieces.cuts, [0, 5, 10, 15, 20]);
        let mut rows = RowBinary::default();
        for (piece, bar) in [(1, 0), (2, 0), (2, 1), (3, 1), (4, 2)] {
            rows.small(piece);
            rows.small(bar);
        }
        assert_eq!(pieces.of_bars(&spans).rows, rows.finish());
        assert_eq!(
            pieces.within_quarters(),
            " + (quarter = 0 AND at >= 5) + (quarter = 0 AND at >= 10) \
             + (quarter = 0 AND at >= 15) + (quarter = 0 AND at >= 20)"
        );
    }
}
