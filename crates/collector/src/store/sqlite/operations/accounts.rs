//! Accounts and users.

use crate::{
    model::{
        account::{Account, AccountPatch},
        page::Page,
        record::RecordError,
        user::{User, UserPatch},
    },
    store::{
        accounts::{AccountsQuestion, RecordOutcome, UsersQuestion},
        answer::Answer,
        import::{Import, ImportReport},
        operations::AccountOperations,
        records::Listed,
        sqlite::{SqliteStore, account_rows, accounts, import, undescribed, user_records, users},
    },
};

impl AccountOperations for SqliteStore {
    fn account(&self, account_id: String) -> Answer<'_, Option<Account>> {
        Box::pin(self.read(move |conn| accounts::find(conn, &account_id)))
    }

    fn accounts(
        &self,
        question: AccountsQuestion,
        page: Page,
    ) -> Answer<'_, Option<Listed<Account>>> {
        Box::pin(self.read(move |conn| {
            let parent = match &question.parent {
                None => None,
                Some(id) => match account_rows::find_row(conn, id)? {
                    None => return Ok(None),
                    found => found,
                },
            };
            accounts::list(conn, parent, &question, page).map(Some)
        }))
    }

    fn put_account(&self, patch: AccountPatch, now: i64) -> Answer<'_, Result<(), RecordError>> {
        Box::pin(self.write_unless_rejected(move |tx| accounts::put(tx, patch, now)))
    }

    fn put_accounts(
        &self,
        patches: Vec<(usize, AccountPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>> {
        Box::pin(self.write(move |tx| accounts::put_many(tx, patches, now)))
    }

    fn deactivate_account(&self, account_id: String) -> Answer<'_, bool> {
        Box::pin(self.write(move |tx| accounts::deactivate(tx, &account_id)))
    }

    fn remove_undescribed(&self, account_id: String) -> Answer<'_, bool> {
        Box::pin(self.write(move |tx| undescribed::remove(tx, &account_id)))
    }

    fn user(&self, user_id: String) -> Answer<'_, Option<User>> {
        Box::pin(self.read(move |conn| users::find(conn, &user_id)))
    }

    fn users(&self, question: UsersQuestion, page: Page) -> Answer<'_, Option<Listed<User>>> {
        Box::pin(self.read(move |conn| {
            let account = match &question.account_id {
                None => None,
                Some(id) => match account_rows::find_row(conn, id)? {
                    None => return Ok(None),
                    found => found,
                },
            };
            users::list(conn, account, &question.filter, page).map(Some)
        }))
    }

    fn put_user(&self, patch: UserPatch, now: i64) -> Answer<'_, Result<(), RecordError>> {
        Box::pin(self.write_unless_rejected(move |tx| user_records::put(tx, patch, now)))
    }

    fn put_users(
        &self,
        patches: Vec<(usize, UserPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>> {
        Box::pin(self.write(move |tx| user_records::put_many(tx, patches, now)))
    }

    fn deactivate_user(&self, user_id: String) -> Answer<'_, bool> {
        Box::pin(self.write(move |tx| users::deactivate(tx, &user_id)))
    }

    fn import(&self, import: Import, now: i64) -> Answer<'_, ImportReport> {
        Box::pin(async move {
            let Import {
                kind,
                records,
                is_dry_run,
            } = import;
            // A dry run is an import that is rolled back.
            let outcome = self.write_unless_rejected(move |tx| {
                let report = import::import(tx, kind, records, now)?;
                Ok(if is_dry_run { Err(report) } else { Ok(report) })
            });
            let (Ok(report) | Err(report)) = outcome.await?;
            Ok(report)
        })
    }
}
