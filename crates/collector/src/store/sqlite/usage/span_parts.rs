//! Splits a span into whole quarters of an hour and parts of a quarter.

use std::ops::Range;

use rusqlite::Connection;

use crate::{
    model::usage::Span,
    store::sqlite::{facts::QUARTER_MS, retention},
};

/// A span, split into whole quarters of an hour and the parts of a quarter at both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SpanParts {
    /// Whole quarters, counted from the Unix epoch, which are read from facts.
    pub(super) quarters: Range<u32>,
    /// Parts of a quarter, which are read from events.
    pub(super) edges: Vec<Span>,
}

impl SpanParts {
    /// Splits a span. Where events have been deleted, a quarter counts wholly in the span in which
    /// it begins.
    pub(super) fn of(conn: &Connection, span: Span) -> rusqlite::Result<Self> {
        Ok(SpanParts::with_events_from(
            span,
            retention::events_from(conn)?,
        ))
    }

    /// `events_from` is the quarter from which on all events are still stored.
    fn with_events_from(span: Span, events_from: u32) -> Self {
        /// Later than any event; `QUARTER_MS` times it does not overflow.
        const LAST_QUARTER: i64 = u32::MAX as i64;
        let last = LAST_QUARTER * QUARTER_MS;
        let (from, to) = (span.from.clamp(0, last), span.to.clamp(0, last));
        let none = SpanParts {
            quarters: 0..0,
            edges: Vec::new(),
        };
        if from >= to {
            return none;
        }
        let round_up = |ms: i64| (ms + QUARTER_MS - 1) / QUARTER_MS;
        let has_events = |quarter: i64| quarter >= i64::from(events_from);
        let mut edges = Vec::new();
        let mut add_edge = |from: i64, to: i64| {
            if from < to {
                edges.push(Span { from, to });
            }
        };
        let mut quarters = round_up(from)..to / QUARTER_MS;
        // Both ends are in the same quarter.
        if quarters.start > quarters.end {
            if has_events(quarters.end) {
                add_edge(from, to);
            }
            return SpanParts {
                quarters: 0..0,
                edges,
            };
        }
        if has_events(from / QUARTER_MS) {
            add_edge(from, quarters.start * QUARTER_MS);
        }
        if has_events(quarters.end) {
            add_edge(quarters.end * QUARTER_MS, to);
        } else {
            quarters.end = round_up(to);
        }
        SpanParts {
            quarters: quarters.start as u32..quarters.end as u32,
            edges,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(from: i64, to: i64, events_from: u32) -> (Range<u32>, Vec<(i64, i64)>) {
        let parts = SpanParts::with_events_from(Span { from, to }, events_from);
        let edges = parts
            .edges
            .iter()
            .map(|edge| (edge.from, edge.to))
            .collect();
        (parts.quarters, edges)
    }

    #[test]
    fn a_span_is_whole_quarters_and_two_edges() {
        const Q: i64 = QUARTER_MS;
        assert_eq!(parts(2 * Q, 5 * Q, 0), (2..5, vec![]));
        assert_eq!(
            parts(2 * Q - 1, 5 * Q + 7, 0),
            (2..5, vec![(2 * Q - 1, 2 * Q), (5 * Q, 5 * Q + 7)])
        );
        assert_eq!(
            parts(2 * Q + 1, 2 * Q + 5, 0),
            (0..0, vec![(2 * Q + 1, 2 * Q + 5)])
        );
        assert_eq!(
            parts(2 * Q + 1, 3 * Q + 1, 0),
            (3..3, vec![(2 * Q + 1, 3 * Q), (3 * Q, 3 * Q + 1)])
        );
        assert_eq!(parts(5, 5, 0), (0..0, vec![]));
        assert_eq!(parts(i64::MIN, i64::MAX, 0), (0..u32::MAX, vec![]));
    }

    #[test]
    fn where_events_are_deleted_a_quarter_counts_in_the_span_in_which_it_begins() {
        const Q: i64 = QUARTER_MS;
        assert_eq!(parts(2 * Q + 1, 5 * Q + 1, 100), (3..6, vec![]));
        assert_eq!(
            parts(2 * Q + 1, 5 * Q + 1, 5),
            (3..5, vec![(5 * Q, 5 * Q + 1)])
        );
        assert_eq!(parts(2 * Q + 1, 2 * Q + 5, 100), (0..0, vec![]));
    }
}
