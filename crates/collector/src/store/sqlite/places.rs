//! The rows of the accounts and users that the events of one batch name.

use rusqlite::Transaction;

use super::{
    account_rows,
    rows::{AccountRow, UserRow},
    users,
};
use crate::model::fast_map::FastMap;

/// Rows that were found or inserted while one batch is written: most batches come from one user.
/// The cache must not outlive the transaction.
#[derive(Debug, Default)]
pub(super) struct PlaceCache<'a> {
    users: FastMap<&'a str, (UserRow, AccountRow)>,
    accounts: FastMap<String, AccountRow>,
}

impl<'a> PlaceCache<'a> {
    /// The row of a user and the account to which the user belongs, if the user is known.
    pub(super) fn user(
        &mut self,
        tx: &Transaction<'_>,
        user_id: &'a str,
    ) -> rusqlite::Result<Option<(UserRow, AccountRow)>> {
        if let Some(found) = self.users.get(user_id) {
            return Ok(Some(*found));
        }
        let found = users::find_with_account(tx, user_id)?;
        self.users.extend(found.map(|found| (user_id, found)));
        Ok(found)
    }

    /// Inserts a user into an account.
    pub(super) fn insert_user(
        &mut self,
        tx: &Transaction<'_>,
        user_id: &'a str,
        account: AccountRow,
    ) -> rusqlite::Result<UserRow> {
        let user = users::insert(tx, user_id, account)?;
        self.users.insert(user_id, (user, account));
        Ok(user)
    }

    /// The row of an account, if it is known.
    pub(super) fn account(
        &mut self,
        tx: &Transaction<'_>,
        account_id: &str,
    ) -> rusqlite::Result<Option<AccountRow>> {
        if let Some(found) = self.accounts.get(account_id) {
            return Ok(Some(*found));
        }
        let found = account_rows::find_row(tx, account_id)?;
        let recorded = found.map(|found| (account_id.to_owned(), found));
        self.accounts.extend(recorded);
        Ok(found)
    }

    /// Inserts an unknown account.
    pub(super) fn insert_account(
        &mut self,
        tx: &Transaction<'_>,
        account_id: &str,
    ) -> rusqlite::Result<AccountRow> {
        let account = account_rows::get_or_insert(tx, account_id)?;
        self.accounts.insert(account_id.to_owned(), account);
        Ok(account)
    }
}
