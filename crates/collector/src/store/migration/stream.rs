//! Rows on their way from one store into the other.

use tokio::sync::mpsc;

use super::{cell::Row, failure::MigrationError, tables::Table};

/// A part of what is moved.
#[derive(Debug)]
pub enum Part {
    /// Rows of a table. All those of one table come one after the other.
    Rows(&'static Table, Vec<Row>),
    /// There are no more.
    End,
}

/// The parts that arrive. A stream that ends without [`Part::End`] has broken off.
pub type Parts = mpsc::Receiver<Result<Part, MigrationError>>;
