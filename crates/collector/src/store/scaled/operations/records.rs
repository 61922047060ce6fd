//! Records of accounts.

use serde_json::Value;

use super::{read, write};
use crate::{
    model::{page::Page, record_kind::RecordKind},
    store::{
        answer::Answer,
        operations::RecordOperations,
        records::{Listed, NewRecords},
        scaled::{ScaledStore, account_rows, records},
        summary::Summary,
    },
};

impl RecordOperations for ScaledStore {
    fn records(
        &self,
        account_id: String,
        kind: RecordKind,
        page: Page,
    ) -> Answer<'_, Option<Listed<Value>>> {
        read!(self, tx => match account_rows::find_no(tx, &account_id).await? {
            None => None,
            Some(account) => Some(records::list(tx, account, kind, page).await?),
        })
    }

    fn put_records(&self, account_id: String, records: NewRecords, now: i64) -> Answer<'_, bool> {
        write!(self, tx => match account_rows::find_no(tx, &account_id).await? {
            None => false,
            Some(account) => {
                records::put(tx, account, records.clone(), now).await?;
                true
            }
        })
    }

    fn delete_record(
        &self,
        account_id: String,
        kind: RecordKind,
        id: String,
    ) -> Answer<'_, Option<bool>> {
        write!(self, tx => match account_rows::find_no(tx, &account_id).await? {
            None => None,
            Some(account) => Some(records::delete(tx, account, kind, &id).await?),
        })
    }

    fn delete_manager(&self, account_id: String, email: String) -> Answer<'_, Option<usize>> {
        write!(self, tx => match account_rows::find_no(tx, &account_id).await? {
            None => None,
            Some(account) => Some(records::delete_manager(tx, account, &email).await?),
        })
    }

    fn summary(&self, account_id: String, now: i64) -> Answer<'_, Option<Summary>> {
        read!(self, tx => match account_rows::find_no(tx, &account_id).await? {
            None => None,
            Some(account) => Some(records::summary(tx, account, now).await?),
        })
    }
}
