//! `/api/v2/account_users`.

use axum::{Json, extract::State, response::Response};
use serde_json::Value;

use crate::{
    http::{
        api::{
            accounts::list_of_users,
            bulk::{self, List},
            list_query::{self, Parameters},
            resource::{self, DeleteQuery, Resource},
        },
        error::ApiError,
        extract::{Id, JsonBody, PageQuery, Path, Query},
        state::App,
    },
    model::{
        erasure::ErasureKind,
        record::RecordError,
        user::{User, UserPatch},
    },
    store::{Answer, Store, accounts::RecordOutcome, import::ImportKind},
};

/// Users as a resource.
#[derive(Debug, Clone, Copy)]
pub struct Users;

impl Resource for Users {
    type Record = User;
    type Patch = UserPatch;

    const ID_FIELD: &'static str = "user_id";
    const ERASURE: ErasureKind = ErasureKind::User;
    const IMPORT: ImportKind = ImportKind::Users;

    fn read(record: Value, in_address: Option<&str>) -> Result<UserPatch, RecordError> {
        UserPatch::from_record(record, in_address)
    }

    fn find(store: &dyn Store, id: String) -> Answer<'_, Option<User>> {
        store.user(id)
    }

    fn put(store: &dyn Store, patch: UserPatch, now: i64) -> Answer<'_, Result<(), RecordError>> {
        store.put_user(patch, now)
    }

    fn put_many(
        store: &dyn Store,
        patches: Vec<(usize, UserPatch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>> {
        store.put_users(patches, now)
    }

    fn deactivate(store: &dyn Store, id: String) -> Answer<'_, bool> {
        store.deactivate_user(id)
    }

    fn not_found(id: &str) -> ApiError {
        ApiError::NotFound(format!(
            "no user {id:?}; it is made by its first event or by POST /api/v2/account_users"
        ))
    }
}

/// Lists users.
///
/// # Errors
/// 400 for invalid parameters, 404 when the account is unknown.
pub async fn list(
    State(app): State<App>,
    parameters: Parameters,
    Query(page): Query<PageQuery>,
) -> Result<Json<List<User>>, ApiError> {
    list_of_users(&app, list_query::users(parameters)?, page.page()?).await
}

/// The path of a user within an account.
type InAccount = Path<(Id, Id)>;

/// Finds a user, who must belong to the account.
async fn find_in_account(app: &App, id: String, account_id: &str) -> Result<Json<User>, ApiError> {
    let Json(user) = resource::find::<Users>(app, id.clone()).await?;
    if user.account_id != account_id {
        return Err(ApiError::NotFound(format!(
            "user {id:?} is not in account {account_id:?}; GET /api/v2/account_users/{{id}} says where it is"
        )));
    }
    Ok(Json(user))
}

/// Returns a user of an account.
///
/// # Errors
/// 404 when the user is unknown or in another account.
pub async fn get_in_account(
    State(app): State<App>,
    Path((Id(id), Id(account_id))): InAccount,
) -> Result<Json<User>, ApiError> {
    find_in_account(&app, id, &account_id).await
}

/// Inserts or modifies a user of an account.
///
/// # Errors
/// As the PUT of a user.
pub async fn put_in_account(
    State(app): State<App>,
    Path((Id(id), Id(account_id))): InAccount,
    JsonBody(body): JsonBody,
) -> Result<Json<User>, ApiError> {
    let mut record = bulk::single_record(body)?;
    if let Value::Object(fields) = &mut record {
        let found = fields
            .insert("account_id".to_owned(), account_id.clone().into())
            .and_then(|found| natero_event::received::id(&found));
        if let Some(found) = found.filter(|found| *found != account_id) {
            return Err(bulk::rejection(RecordError::OtherId {
                field: "account_id",
                found,
                expected: account_id,
            }));
        }
    }
    resource::put::<Users>(State(app), Path(Id(id)), JsonBody(record)).await
}

/// Deactivates or erases a user of an account.
///
/// # Errors
/// 404 when the user is unknown or in another account.
pub async fn delete_in_account(
    State(app): State<App>,
    Path((Id(id), Id(account_id))): InAccount,
    query: Query<DeleteQuery>,
) -> Result<Response, ApiError> {
    let _known = find_in_account(&app, id.clone(), &account_id).await?;
    resource::delete::<Users>(State(app), Path(Id(id)), query).await
}
