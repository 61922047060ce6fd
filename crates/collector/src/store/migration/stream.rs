//! The stream of rows from the source store to the target.

use tokio::sync::mpsc;

use super::{cell::Row, failure::MigrationError, tables::Table};

/// An element of the stream.
#[derive(Debug)]
pub enum Part {
    /// Rows of a table. The rows of one table arrive consecutively.
    Rows(&'static Table, Vec<Row>),
    /// All rows have been sent.
    End,
}

/// The received elements. A stream that ends without [`Part::End`] was interrupted.
pub type Parts = mpsc::Receiver<Result<Part, MigrationError>>;
