//! `/api/v2/accounts`.

use axum::{Json, extract::State};
use rusqlite::{Connection, Transaction};
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
        change::Change,
        erasure::ErasureKind,
        hierarchy::parents_first,
        record::RecordError,
        user::User,
    },
    store::sqlite::{
        accounts::{self, AccountFilter},
        ancestry::Ancestry,
        import::ImportKind,
        rows::AccountRow,
        users,
    },
};

/// Accounts as a resource.
#[derive(Debug, Clone, Copy)]
pub struct Accounts;

impl Resource for Accounts {
    type Record = Account;
    type Patch = AccountPatch;
    type Call = Ancestry;

    const ID_FIELD: &'static str = "account_id";
    const ERASURE: ErasureKind = ErasureKind::Account;
    const IMPORT: ImportKind = ImportKind::Accounts;

    fn read(record: Value, in_address: Option<&str>) -> Result<AccountPatch, RecordError> {
        AccountPatch::from_record(record, in_address)
    }

    fn id(patch: &AccountPatch) -> &str {
        &patch.account_id
    }

    fn apply_order(patches: &[(usize, AccountPatch)]) -> Vec<usize> {
        let links: Vec<_> = patches
            .iter()
            .map(|(_, patch)| (patch.account_id.as_str(), parent(patch)))
            .collect();
        parents_first(&links)
    }

    fn find(conn: &Connection, id: &str) -> rusqlite::Result<Option<Account>> {
        accounts::find(conn, id)
    }

    fn put(
        tx: &Transaction<'_>,
        ancestry: &mut Ancestry,
        patch: AccountPatch,
        now: i64,
    ) -> rusqlite::Result<Result<(), RecordError>> {
        accounts::put_one_of(tx, ancestry, patch, now)
    }

    fn deactivate(tx: &Transaction<'_>, id: &str) -> rusqlite::Result<bool> {
        accounts::deactivate(tx, id)
    }

    fn not_found(id: &str) -> ApiError {
        ApiError::NotFound(format!(
            "no account {id:?}; it is made by its first event or by POST /api/v2/accounts"
        ))
    }
}

fn parent(patch: &AccountPatch) -> Option<&str> {
    match &patch.parent_account_id {
        Change::Set(parent) => Some(parent),
        Change::Keep | Change::Clear => None,
    }
}

/// Runs a query about one account.
///
/// # Errors
/// 404 when the account is unknown.
pub async fn read_account<T: Send + 'static>(
    app: &App,
    account_id: &str,
    query: impl FnOnce(&Connection, AccountRow) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, ApiError> {
    let id = account_id.to_owned();
    app.store
        .read(move |conn| {
            accounts::find_row(conn, &id)?
                .map(|account| query(conn, account))
                .transpose()
        })
        .await?
        .ok_or_else(|| Accounts::not_found(account_id))
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
    let filter = AccountFilter {
        parent: None,
        roots_only: query.roots,
        search: query.search,
    };
    let (records, total) = app
        .store
        .read(move |conn| accounts::list(conn, &filter, page))
        .await?;
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
    let (records, total) = read_account(&app, &account_id, move |conn, account| {
        let filter = AccountFilter {
            parent: Some(account),
            ..AccountFilter::default()
        };
        accounts::list(conn, &filter, page)
    })
    .await?;
    Ok(Json(List::new(records, total, page)))
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
    let (records, total) = read_account(&app, &account_id, move |conn, account| {
        users::list(conn, Some(account), page)
    })
    .await?;
    Ok(Json(List::new(records, total, page)))
}
