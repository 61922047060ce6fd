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

/// Reads and changes accounts and users. The inner error of a change is the reason why a record is
/// rejected; nothing is written in that case.
pub trait AccountOperations {
    /// Finds an account.
    fn account(&self, account_id: String) -> Answer<'_, Option<Account>>;

    /// Lists accounts by id; `None` when the parent is unknown.
    fn accounts(
        &self,
        question: AccountsQuestion,
        page: Page,
    ) -> Answer<'_, Option<Listed<Account>>>;

    /// Inserts or modifies an account at `now`.
    fn put_account(&self, patch: AccountPatch, now: i64) -> Answer<'_, Result<(), RecordError>>;

    /// Inserts or modifies accounts, parents first. Each has its index in the call. A rejected
    /// record does not keep the others from being stored.
    fn put_accounts(
        &self,
        patches: Vec<(usize, AccountPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>>;

    /// Deactivates an account. Returns false when it is unknown.
    fn deactivate_account(&self, account_id: String) -> Answer<'_, bool>;

    /// Removes an account that nothing has described and nothing refers to. If something names it
    /// later, it is created again. Returns false, and keeps the account, in any other case.
    fn remove_undescribed(&self, account_id: String) -> Answer<'_, bool>;

    /// Finds a user.
    fn user(&self, user_id: String) -> Answer<'_, Option<User>>;

    /// Lists users by id; `None` when the account is unknown.
    fn users(&self, question: UsersQuestion, page: Page) -> Answer<'_, Option<Listed<User>>>;

    /// Inserts, modifies or moves a user at `now`. Events that were set aside because the user did
    /// not belong to their account count from then on if the user belongs to it now.
    fn put_user(&self, patch: UserPatch, now: i64) -> Answer<'_, Result<(), RecordError>>;

    /// Inserts or modifies users. Each has its index in the call. A rejected record does not keep
    /// the others from being stored.
    fn put_users(
        &self,
        patches: Vec<(usize, UserPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>>;

    /// Deactivates a user. Returns false when the user is unknown.
    fn deactivate_user(&self, user_id: String) -> Answer<'_, bool>;

    /// Imports records, or reports what an import would change.
    fn import(&self, import: Import, now: i64) -> Answer<'_, ImportReport>;
}
