//! A page of the rows of a breakdown.

use std::cmp::Ordering;

use super::{
    figures::{Totals, UsageRow},
    row_cursor::{FigureValue, RowCursor},
};
use crate::model::row_order::RowOrder;

/// A page of rows in an order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowPage {
    /// The last row of the preceding page; `None` for the first page.
    pub after: Option<RowCursor>,
    /// Maximum number of rows on the page; `None` for no limit.
    pub limit: Option<usize>,
    /// The order of the rows.
    pub order: RowOrder,
}

impl RowPage {
    /// All rows on one page.
    pub const ALL: RowPage = RowPage {
        after: None,
        limit: None,
        order: RowOrder::Key,
    };

    /// Maximum number of rows to read: one more than the page has, to know whether it is the last
    /// page.
    pub(in crate::store) fn most(&self) -> usize {
        self.limit
            .map_or(usize::MAX, |limit| limit.saturating_add(1))
    }

    /// The row's value of the figure by which rows are ordered; `None` when ordered by key.
    pub(in crate::store) fn figure(&self, totals: &Totals) -> Option<FigureValue> {
        let figure = self.order.figure();
        figure.map(|figure| FigureValue::of(figure, totals))
    }

    /// Compares that figure of two rows. The caller orders rows with equal figures by their keys.
    pub(in crate::store) fn compare_figures(
        &self,
        left: Option<FigureValue>,
        right: Option<FigureValue>,
    ) -> Ordering {
        let (Some(left), Some(right)) = (left, right) else {
            return Ordering::Equal;
        };
        match self.order {
            RowOrder::Key => Ordering::Equal,
            RowOrder::Smallest(_) => left.compare(right),
            RowOrder::Largest(_) => right.compare(left),
        }
    }

    /// Compares two rows in the order of the page.
    pub(in crate::store) fn compare(&self, left: &Totals, right: &Totals) -> Ordering {
        self.compare_figures(self.figure(left), self.figure(right))
    }

    /// Truncates sorted rows to the page. Returns the cursor of the last row if there are more
    /// rows.
    pub(in crate::store) fn cut<R: AsRef<UsageRow>>(&self, rows: &mut Vec<R>) -> Option<String> {
        if let Some(after) = &self.after {
            let first = rows.partition_point(|row| !self.is_behind(row.as_ref(), after));
            rows.drain(..first);
        }
        let limit = self.limit.filter(|limit| rows.len() > *limit)?;
        rows.truncate(limit);
        let last = rows.last()?.as_ref();
        let cursor = RowCursor {
            figure: self.figure(&last.totals),
            key: last.key.as_str().map(str::to_owned),
        };
        Some(cursor.text(self.order))
    }

    /// Whether a row comes after the last row of the preceding page, which may no longer exist.
    /// Among rows with equal figures, the row without a value comes last.
    fn is_behind(&self, row: &UsageRow, after: &RowCursor) -> bool {
        let by_figure = self.compare_figures(self.figure(&row.totals), after.figure);
        let (key, last) = (row.key.as_str(), after.key.as_deref());
        let by_key = (key.is_none(), key).cmp(&(last.is_none(), last));
        by_figure.then(by_key) == Ordering::Greater
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::row_order::Figure;

    fn row(key: Option<&str>, events: i64) -> UsageRow {
        let totals = Totals {
            events,
            ..Totals::default()
        };
        UsageRow::new(key.map_or(Value::Null, Value::from), totals)
    }

    /// Rows in an order, as a store sorts them.
    fn rows(order: RowOrder) -> Vec<UsageRow> {
        let page = RowPage {
            order,
            ..RowPage::ALL
        };
        let events = [("", 2), ("a", 1), ("b", 2), ("c", 2), ("~d", 0)];
        let mut rows: Vec<_> = events.map(|(key, events)| row(Some(key), events)).into();
        rows.push(row(None, 2));
        rows.sort_by(UsageRow::compare_keys);
        rows.sort_by(|left, right| page.compare(&left.totals, &right.totals));
        rows
    }

    const ORDERS: [RowOrder; 3] = [
        RowOrder::Key,
        RowOrder::Largest(Figure::Events),
        RowOrder::Smallest(Figure::Events),
    ];

    /// The rows of all pages. With `gone`, the row of each cursor is removed before the next page.
    fn paged(order: RowOrder, limit: usize, gone: bool) -> Vec<UsageRow> {
        let mut page = RowPage {
            after: None,
            limit: Some(limit),
            order,
        };
        let mut read: Vec<UsageRow> = Vec::new();
        loop {
            let mut rows = rows(order);
            rows.retain(|row| !gone || read.last() != Some(row));
            let next = page.cut(&mut rows);
            assert!(rows.len() <= limit);
            read.extend(rows);
            match next {
                Some(next) => page.after = Some(RowCursor::read(&next, order).unwrap()),
                None => return read,
            }
        }
    }

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        for (limit, order) in (1..8).flat_map(|limit| ORDERS.map(|order| (limit, order))) {
            assert_eq!(paged(order, limit, false), rows(order), "{limit} {order}");
        }
    }

    #[test]
    fn a_page_goes_on_behind_a_row_that_has_gone() {
        for (limit, order) in (1..8).flat_map(|limit| ORDERS.map(|order| (limit, order))) {
            assert_eq!(paged(order, limit, true), rows(order), "{limit} {order}");
        }
    }
}
