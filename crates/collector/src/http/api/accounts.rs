//! `/api/v2/accounts`.

use axum::{Json, extract::State};
use serde_json::Value;

use crate::{
    http::{
        api::{
            bulk::List,
            list_query::{self, Parameters},
            resource::Resource,
        },
        error::ApiError,
        extract::{Id, PageQuery, Path, Query},
        state::App,
    },
    model::{
        account::{Account, AccountPatch},
        erasure::ErasureKind,
        page::Page,
        record::RecordError,
        user::User,
    },
    store::{
        Answer, Store,
        accounts::{AccountsQuestion, RecordOutcome, UsersQuestion},
        import::ImportKind,
    },
};

/// Accounts as a resource.
#[derive(Debug, Clone, Copy)]
pub struct Accounts;

impl Resource for Accounts {
    type Record = Account;
    type Patch = AccountPatch;

    const ID_FIELD: &'static str = "account_id";
    const ERASURE: ErasureKind = ErasureKind::Account;
    const IMPORT: ImportKind = ImportKind::Accounts;

    fn read(record: Value, in_address: Option<&str>) -> Result<AccountPatch, RecordError> {
        AccountPatch::from_record(record, in_address)
    }

    fn find(store: &dyn Store, id: String) -> Answer<'_, Option<Account>> {
        store.account(id)
    }

    fn put(
        store: &dyn Store,
        patch: AccountPatch,
        now: i64,
    ) -> Answer<'_, Result<(), RecordError>> {
        store.put_account(patch, now)
    }

    fn put_many(
        store: &dyn Store,
        patches: Vec<(usize, AccountPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>> {
        store.put_accounts(patches, now)
    }

    fn deactivate(store: &dyn Store, id: String) -> Answer<'_, bool> {
        store.deactivate_account(id)
    }

    fn not_found(id: &str) -> ApiError {
        ApiError::NotFound(format!(
            "no account {id:?}; it is made by its first event or by POST /api/v2/accounts"
        ))
    }
}

/// Lists accounts.
///
/// # Errors
/// 400 for invalid parameters.
pub async fn list(
    State(app): State<App>,
    parameters: Parameters,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Account>>, ApiError> {
    list_of(&app, list_query::accounts(parameters)?, page.page()?).await
}

/// A page of a list of accounts.
async fn list_of(
    app: &App,
    question: AccountsQuestion,
    page: Page,
) -> Result<Json<List<Account>>, ApiError> {
    let parent = question.parent.clone().unwrap_or_default();
    let found = app.store.accounts(question, page).await?;
    let (records, total) = found.ok_or_else(|| Accounts::not_found(&parent))?;
    Ok(Json(List::new(records, total, page)))
}

/// Lists the children of an account.
///
/// # Errors
/// 400 for invalid parameters, 404 when the account is unknown.
pub async fn children(
    State(app): State<App>,
    Path(Id(account_id)): Path<Id>,
    parameters: Parameters,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Account>>, ApiError> {
    let question = AccountsQuestion {
        parent: Some(account_id),
        ..list_query::accounts(parameters)?
    };
    list_of(&app, question, page.page()?).await
}

/// Lists the users of an account.
///
/// # Errors
/// 400 for invalid parameters, 404 when the account is unknown.
pub async fn users(
    State(app): State<App>,
    Path(Id(account_id)): Path<Id>,
    parameters: Parameters,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<User>>, ApiError> {
    let question = UsersQuestion {
        account_id: Some(account_id),
        ..list_query::users(parameters)?
    };
    list_of_users(&app, question, page.page()?).await
}

/// A page of a list of users.
///
/// # Errors
/// 404 when their account is unknown.
pub(super) async fn list_of_users(
    app: &App,
    question: UsersQuestion,
    page: Page,
) -> Result<Json<List<User>>, ApiError> {
    let account_id = question.account_id.clone().unwrap_or_default();
    let found = app.store.users(question, page).await?;
    let (records, total) = found.ok_or_else(|| Accounts::not_found(&account_id))?;
    Ok(Json(List::new(records, total, page)))
}
