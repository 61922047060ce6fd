//! `/api/v2/accounts`.

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    http::{
        api::{bulk::List, resource::Resource},
        error::ApiError,
        extract::{PageQuery, Path, Query},
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
        accounts::{AccountsQuestion, RecordOutcome},
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

/// Parameters of the list.
#[derive(Debug, Clone, Deserialize)]
pub struct ListQuery {
    search: Option<String>,
    #[serde(default)]
    roots: bool,
}

/// Lists accounts.
///
/// # Errors
/// 400 for invalid parameters.
pub async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Account>>, ApiError> {
    let page = page.page()?;
    let question = AccountsQuestion {
        parent: None,
        roots_only: query.roots,
        search: query.search,
    };
    list_of(&app, question, page).await
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
/// 404 when the account is unknown.
pub async fn children(
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<Account>>, ApiError> {
    let page = page.page()?;
    let question = AccountsQuestion {
        parent: Some(account_id),
        ..AccountsQuestion::default()
    };
    list_of(&app, question, page).await
}

/// Lists the users of an account.
///
/// # Errors
/// 404 when the account is unknown.
pub async fn users(
    State(app): State<App>,
    Path(account_id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<User>>, ApiError> {
    let page = page.page()?;
    let found = app.store.users(Some(account_id.clone()), page).await?;
    let (records, total) = found.ok_or_else(|| Accounts::not_found(&account_id))?;
    Ok(Json(List::new(records, total, page)))
}
