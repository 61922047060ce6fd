//! Questions about usage, and their answers.

mod calendar_index;
mod figures;
mod question;
mod row_cursor;
mod row_page;

pub(in crate::store) use calendar_index::CalendarIndex;
pub use figures::{ActivitySpan, Comparison, Totals, UsageRow};
pub use question::{UsageQuestion, UsageReport};
pub use row_cursor::{FigureValue, RowCursor, UnreadableCursor};
pub use row_page::RowPage;
