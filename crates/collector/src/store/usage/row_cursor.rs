//! Cursors for the pages of a breakdown.

use std::cmp::Ordering;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::figures::Totals;
use crate::model::{
    rounding::rounded,
    row_order::{Figure, RowOrder},
};

/// The last row of the preceding page. It holds the sort key of the row, so the next page is found
/// even if the row no longer exists.
#[derive(Debug, Clone, PartialEq)]
pub struct RowCursor {
    /// The row's value of the figure by which rows are ordered; `None` when they are ordered by
    /// key.
    pub figure: Option<FigureValue>,
    /// The key of the row; `None` for the row without a value.
    pub key: Option<String>,
}

/// A row's value of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FigureValue {
    /// A number of things, or a time in ms.
    Whole(i64),
    /// A sum, rounded as it is printed: the digits beyond that depend on the order in which it was
    /// added up.
    Sum(f64),
}

/// The error for a text that is not a cursor of the requested order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "cursor is none of this order of rows; pass on what `next_cursor` says with the same `sort`, or leave it out for the first page"
)]
pub struct UnreadableCursor;

/// The first character of a cursor written by [`RowCursor::text`]. URLs need not escape it.
const MARK: char = '~';

impl FigureValue {
    /// The value of a figure in a row.
    pub(in crate::store) fn of(figure: Figure, totals: &Totals) -> Self {
        match figure {
            Figure::Events => FigureValue::Whole(totals.events),
            Figure::Features => FigureValue::Sum(rounded(totals.features)),
            Figure::ModuleTime => FigureValue::Whole(totals.module_time),
            Figure::ActiveTime => FigureValue::Whole(totals.active_time),
            Figure::Sessions => FigureValue::Whole(totals.sessions),
            Figure::Users => FigureValue::Whole(totals.users),
        }
    }

    /// Compares two values of one figure.
    pub(in crate::store) fn compare(self, other: FigureValue) -> Ordering {
        match (self, other) {
            (FigureValue::Whole(left), FigureValue::Whole(right)) => left.cmp(&right),
            (FigureValue::Sum(left), FigureValue::Sum(right)) => left.total_cmp(&right),
            // A figure never has values of both kinds.
            (FigureValue::Whole(_), FigureValue::Sum(_)) => Ordering::Less,
            (FigureValue::Sum(_), FigureValue::Whole(_)) => Ordering::Greater,
        }
    }

    fn read(figure: Figure, text: &str) -> Option<Self> {
        match FigureValue::of(figure, &Totals::default()) {
            FigureValue::Whole(_) => text.parse().ok().map(FigureValue::Whole),
            FigureValue::Sum(_) => {
                let sum = text.parse().ok().filter(|sum: &f64| sum.is_finite());
                sum.map(FigureValue::Sum)
            }
        }
    }

    /// The shortest text that parses to the same value.
    fn text(self) -> String {
        match self {
            FigureValue::Whole(value) => value.to_string(),
            FigureValue::Sum(value) => value.to_string(),
        }
    }
}

impl RowCursor {
    /// The cursor as a text that URLs need not escape. It is never empty.
    pub fn text(&self, order: RowOrder) -> String {
        let figure = self.figure.map(FigureValue::text);
        let parts = json!([order.to_string(), figure, self.key]);
        format!("{MARK}{}", URL_SAFE_NO_PAD.encode(parts.to_string()))
    }

    /// Parses the text of a cursor. When rows are ordered by key, a plain key is accepted, too.
    ///
    /// # Errors
    /// Fails when the text is not a cursor of this order.
    pub fn read(text: &str, order: RowOrder) -> Result<Self, UnreadableCursor> {
        match (text.strip_prefix(MARK), order) {
            (Some(packed), _) => RowCursor::unpack(packed, order).ok_or(UnreadableCursor),
            (None, RowOrder::Key) => Ok(RowCursor {
                figure: None,
                key: Some(text.to_owned()),
            }),
            (None, RowOrder::Smallest(_) | RowOrder::Largest(_)) => Err(UnreadableCursor),
        }
    }

    fn unpack(packed: &str, order: RowOrder) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(packed).ok()?;
        let parts: (String, Option<String>, Value) = serde_json::from_slice(&bytes).ok()?;
        let (named, figure, key) = parts;
        if named != order.to_string() {
            return None;
        }
        let figure = match (order.figure(), figure) {
            (None, None) => None,
            (Some(figure), Some(text)) => Some(FigureValue::read(figure, &text)?),
            (None, Some(_)) | (Some(_), None) => return None,
        };
        let key = match key {
            Value::Null => None,
            Value::String(key) => Some(key),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => return None,
        };
        Some(RowCursor { figure, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_USES: RowOrder = RowOrder::Largest(Figure::Features);

    #[test]
    fn a_cursor_reads_back_as_it_was_written() {
        for key in [None, Some(String::new()), Some("a b/ü".to_owned())] {
            let by_key = RowCursor {
                figure: None,
                key: key.clone(),
            };
            let by_figure = RowCursor {
                figure: Some(FigureValue::Sum(0.1)),
                key,
            };
            for (cursor, order) in [(by_key, RowOrder::Key), (by_figure, BY_USES)] {
                let text = cursor.text(order);
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"~-_".contains(&byte);
                assert!(text.bytes().all(is_plain), "{text}");
                assert_eq!(RowCursor::read(&text, order), Ok(cursor));
            }
        }
    }

    #[test]
    fn a_key_is_a_cursor_of_the_order_of_keys_alone() {
        let read = RowCursor::read("eve", RowOrder::Key).unwrap();
        assert_eq!(read.key.as_deref(), Some("eve"));
        assert_eq!(RowCursor::read("eve", BY_USES), Err(UnreadableCursor));
    }

    #[test]
    fn what_is_no_cursor_of_the_order_is_refused() {
        let cursor = RowCursor {
            figure: Some(FigureValue::Whole(3)),
            key: Some("eve".to_owned()),
        };
        let text = cursor.text(RowOrder::Largest(Figure::Events));
        for order in [
            RowOrder::Key,
            BY_USES,
            RowOrder::Smallest(Figure::Events),
            RowOrder::Largest(Figure::Users),
        ] {
            assert_eq!(RowCursor::read(&text, order), Err(UnreadableCursor));
        }
        for wrong in ["~", "~nope", &text[..text.len() - 2]] {
            assert!(RowCursor::read(wrong, RowOrder::Largest(Figure::Events)).is_err());
        }
    }
}
