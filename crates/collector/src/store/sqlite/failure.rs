//! Converts errors of SQLite into errors of the store.

use super::health::is_damage;
use crate::store::{error::StoreError, export::ExportError};

impl From<rusqlite::Error> for StoreError {
    fn from(cause: rusqlite::Error) -> Self {
        let is_damage = is_damage(&cause);
        let cause = cause.to_string();
        if is_damage {
            StoreError::Damaged(cause)
        } else {
            StoreError::Failed(cause)
        }
    }
}

impl From<rusqlite::Error> for ExportError {
    fn from(cause: rusqlite::Error) -> Self {
        ExportError::Failed(cause.to_string())
    }
}
