//! Questions about usage, and their answers.

mod figures;
mod question;
mod row_page;

pub use figures::{Comparison, Seen, Totals, UsageRow};
pub use question::{UsageQuestion, UsageReport};
pub use row_page::RowPage;
