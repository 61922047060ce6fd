//! A page of the rows of a breakdown.

use std::cmp::Ordering;

use serde_json::Value;

use super::figures::{Totals, UsageRow};
use crate::model::row_order::{Figure, RowOrder};

/// A page of rows in an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowPage {
    /// The key of the last row of the page before, empty for the row without a value;
    /// `None` for the first page.
    pub after: Option<String>,
    /// Most rows of the page; `None` for no limit.
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

    /// Most rows that must be read: one more than the page has, to know whether
    /// it is the last.
    pub(in crate::store) fn most(&self) -> usize {
        self.limit
            .map_or(usize::MAX, |limit| limit.saturating_add(1))
    }

    /// Compares the figures of two rows. Those that are equal stay in the order of
    /// their keys, or of the rows of their users.
    pub(in crate::store) fn compare(&self, left: &Totals, right: &Totals) -> Ordering {
        match self.order {
            RowOrder::Key => Ordering::Equal,
            RowOrder::Smallest(figure) => by_figure(figure, left, right),
            RowOrder::Largest(figure) => by_figure(figure, right, left),
        }
    }

    /// Cuts sorted rows down to the page. Returns the key of its last row if
    /// there are further rows.
    pub(in crate::store) fn cut<R: AsRef<UsageRow>>(&self, rows: &mut Vec<R>) -> Option<String> {
        let after = self.after.as_deref();
        if self.order != RowOrder::Key {
            let key = after.map(|after| match after {
                "" => Value::Null,
                key => key.into(),
            });
            if let Some(last) =
                key.and_then(|key| rows.iter().position(|row| row.as_ref().key == key))
            {
                rows.drain(..=last);
            }
        } else if let Some(after) = after {
            // The row without a value is the last.
            let first = rows.partition_point(|row| {
                let key = row.as_ref().key.as_str();
                key.is_some_and(|key| key <= after)
            });
            rows.drain(..first);
        }
        let limit = self.limit.filter(|limit| rows.len() > *limit)?;
        rows.truncate(limit);
        let last = rows.last()?;
        Some(last.as_ref().key.as_str().unwrap_or_default().to_owned())
    }
}

fn by_figure(figure: Figure, left: &Totals, right: &Totals) -> Ordering {
    match figure {
        Figure::Events => left.events.cmp(&right.events),
        Figure::Features => left.features.total_cmp(&right.features),
        Figure::ModuleTime => left.module_time.cmp(&right.module_time),
        Figure::ActiveTime => left.active_time.cmp(&right.active_time),
        Figure::Sessions => left.sessions.cmp(&right.sessions),
        Figure::Users => left.users.cmp(&right.users),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<UsageRow> {
        ["a", "b", "c"]
            .map(Value::from)
            .into_iter()
            .chain([Value::Null])
            .map(|key| UsageRow::new(key, Totals::default()))
            .collect()
    }

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        let orders = [RowOrder::Key, RowOrder::Largest(Figure::Events)];
        for (limit, order) in (1..6).flat_map(|limit| orders.map(|order| (limit, order))) {
            let mut page = RowPage {
                after: None,
                limit: Some(limit),
                order,
            };
            let mut read = Vec::new();
            loop {
                let mut rows = rows();
                page.after = page.cut(&mut rows);
                assert!(rows.len() <= limit);
                read.extend(rows);
                if page.after.is_none() {
                    break;
                }
            }
            assert_eq!(read, rows(), "{limit}");
        }
    }
}
