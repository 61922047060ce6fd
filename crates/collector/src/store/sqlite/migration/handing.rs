//! How what is read is handed out.

use crate::store::{
    error::StoreError,
    migration::{MigrationError, Position, Row},
};

/// Takes rows, with the position up to which they lead.
pub type Take<'a> = dyn FnMut(Vec<Row>, Position) -> Result<(), MigrationError> + 'a;

/// The failure of a statement.
pub(super) fn failed(cause: rusqlite::Error) -> MigrationError {
    StoreError::Failed(cause.to_string()).into()
}
