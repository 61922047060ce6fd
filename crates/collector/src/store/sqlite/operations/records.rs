//! Records of accounts.

use serde_json::Value;

use crate::{
    model::{page::Page, record_kind::RecordKind},
    store::{
        answer::Answer,
        operations::RecordOperations,
        records::{Listed, NewRecords},
        sqlite::{SqliteStore, account_records, account_rows},
        summary::Summary,
    },
};

impl RecordOperations for SqliteStore {
    fn records(
        &self,
        account_id: String,
        kind: RecordKind,
        page: Page,
    ) -> Answer<'_, Option<Listed<Value>>> {
        Box::pin(self.read(move |conn| {
            account_rows::find_row(conn, &account_id)?
                .map(|account| account_records::list(conn, account, kind, page))
                .transpose()
        }))
    }

    fn put_records(&self, account_id: String, records: NewRecords, now: i64) -> Answer<'_, bool> {
        Box::pin(self.write(move |tx| {
            let Some(account) = account_rows::find_row(tx, &account_id)? else {
                return Ok(false);
            };
            account_records::put(tx, account, records, now)?;
            Ok(true)
        }))
    }

    fn delete_record(
        &self,
        account_id: String,
        kind: RecordKind,
        id: String,
    ) -> Answer<'_, Option<bool>> {
        Box::pin(self.write(move |tx| {
            account_rows::find_row(tx, &account_id)?
                .map(|account| account_records::delete(tx, account, kind, &id))
                .transpose()
        }))
    }

    fn delete_manager(&self, account_id: String, email: String) -> Answer<'_, Option<usize>> {
        Box::pin(self.write(move |tx| {
            account_rows::find_row(tx, &account_id)?
                .map(|account| account_records::delete_manager(tx, account, &email))
                .transpose()
        }))
    }

    fn summary(&self, account_id: String, now: i64) -> Answer<'_, Option<Summary>> {
        Box::pin(self.read(move |conn| {
            account_rows::find_row(conn, &account_id)?
                .map(|account| account_records::summary(conn, account, now))
                .transpose()
        }))
    }
}
