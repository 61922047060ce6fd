//! How the reader of a migration passes rows on.

use crate::store::{
    error::StoreError,
    migration::{MigrationError, Position, Row},
};

/// Receives rows, with the position that they lead to.
pub type Take<'a> = dyn FnMut(Vec<Row>, Position) -> Result<(), MigrationError> + 'a;

/// The error of a failed statement.
pub(super) fn failed(cause: rusqlite::Error) -> MigrationError {
    StoreError::Failed(cause.to_string()).into()
}
