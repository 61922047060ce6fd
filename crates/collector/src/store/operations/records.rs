//! Records of accounts.

use serde_json::Value;

use crate::{
    model::{page::Page, record_kind::RecordKind},
    store::{
        answer::Answer,
        records::{Listed, NewRecords},
        summary::Summary,
    },
};

/// Reads and changes the records of accounts.
pub trait RecordOperations {
    /// Lists the records of a kind, newest first; `None` when the account is unknown.
    fn records(
        &self,
        account_id: String,
        kind: RecordKind,
        page: Page,
    ) -> Answer<'_, Option<Listed<Value>>>;

    /// Adds or replaces records. Returns false when the account is unknown.
    fn put_records(&self, account_id: String, records: NewRecords, now: i64) -> Answer<'_, bool>;

    /// Removes a record by its id. Returns false when the account has no such record; `None` when
    /// the account is unknown.
    fn delete_record(
        &self,
        account_id: String,
        kind: RecordKind,
        id: String,
    ) -> Answer<'_, Option<bool>>;

    /// Removes the customer success managers with an e-mail address. Returns their number; `None`
    /// when the account is unknown.
    fn delete_manager(&self, account_id: String, email: String) -> Answer<'_, Option<usize>>;

    /// Sums up the records at `now`; `None` when the account is unknown.
    fn summary(&self, account_id: String, now: i64) -> Answer<'_, Option<Summary>>;
}
