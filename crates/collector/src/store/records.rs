//! Records of an account.

use serde_json::Value;

use super::summary::Summary;
use crate::model::{
    financial::Financial,
    note::{Note, NoteKind},
    record_kind::RecordKind,
};

/// One page of a list, and the number of all its entries.
pub type Listed<T> = (Vec<T>, i64);

/// Records to be stored.
#[derive(Debug, Clone)]
pub enum NewRecords {
    /// Financial records.
    Financials(Vec<Financial>),
    /// Records of another kind.
    Notes(NoteKind, Vec<Note>),
}

/// What the page for the records of an account shows.
#[derive(Debug, Clone)]
pub struct RecordsPage {
    /// The records summed up.
    pub summary: Summary,
    /// The records of every kind, in the order of [`RecordKind::ALL`].
    pub lists: Vec<RecordList>,
}

/// The records of a kind, the latest first.
#[derive(Debug, Clone)]
pub struct RecordList {
    /// The kind.
    pub kind: RecordKind,
    /// The first page of them.
    pub records: Vec<Value>,
    /// Number of all records of the kind.
    pub total: i64,
}
