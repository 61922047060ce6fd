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
        records::Listed,
    },
};

/// Reads and changes accounts and users. The inner error of a change says why a record
/// is rejected; nothing is written then.
pub trait AccountOperations {
    /// Finds an account.
    fn account(&self, account_id: String) -> Answer<'_, Option<Account>>;

    /// Lists accounts by id; `None` when their parent is unknown.
    fn accounts(
        &self,
        question: AccountsQuestion,
        page: Page,
    ) -> Answer<'_, Option<Listed<Account>>>;

    /// Inserts or modifies an account at `now`.
    fn put_account(&self, patch: AccountPatch, now: i64) -> Answer<'_, Result<(), RecordError>>;

    /// Inserts or modifies accounts, each with its index in a call, parents first. What
    /// is rejected keeps no other from being stored.
    fn put_accounts(
        &self,
        patches: Vec<(usize, AccountPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>>;

    /// Deactivates an account. Answers false when it is unknown.
    fn deactivate_account(&self, account_id: String) -> Answer<'_, bool>;

    /// Removes an account of which nobody has said anything, and which nothing names. What
    /// names it later counts. Answers false where it is none of these, and stays.
    fn remove_undescribed(&self, account_id: String) -> Answer<'_, bool>;

    /// Finds a user.
    fn user(&self, user_id: String) -> Answer<'_, Option<User>>;

    /// Lists users by id; `None` when their account is unknown.
    fn users(&self, question: UsersQuestion, page: Page) -> Answer<'_, Option<Listed<User>>>;

    /// Inserts, modifies or moves a user at `now`. Events that were set aside because the
    /// user did not belong to the account count once the user does.
    fn put_user(&self, patch: UserPatch, now: i64) -> Answer<'_, Result<(), RecordError>>;

    /// Inserts or modifies users, each with its index in a call. What is rejected keeps
    /// no other from being stored.
    fn put_users(
        &self,
        patches: Vec<(usize, UserPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>>;

    /// Deactivates a user. Answers false when the user is unknown.
    fn deactivate_user(&self, user_id: String) -> Answer<'_, bool>;

    /// Imports records, or says what that would change.
    fn import(&self, import: Import, now: i64) -> Answer<'_, ImportReport>;
}
