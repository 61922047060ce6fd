//! The handlers that accounts and users share.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    clock::now_ms,
    http::{
        api::{
            bulk::{self, BulkAnswer, RejectedRecord, SentRecord},
            erasures,
            records_body::RecordsBody,
        },
        error::ApiError,
        extract::{Id, JsonBody, Path, Query},
        state::App,
    },
    model::{
        erasure::ErasureKind,
        record::{RecordError, invalid_id},
        record_body,
    },
    store::{
        Answer, Store,
        accounts::RecordOutcome,
        import::{Import, ImportKind, ParentWithUsage},
    },
};

/// A kind of record that clients read and write one by one or in bulk.
pub trait Resource: 'static {
    /// The record, as clients read it.
    type Record: Serialize + Send + 'static;
    /// The changes that a client's record describes.
    type Patch: Send + 'static;

    /// Name of the field with the id.
    const ID_FIELD: &'static str;
    /// The kind of its erasure.
    const ERASURE: ErasureKind;
    /// The kind of its import.
    const IMPORT: ImportKind;

    /// Reads the record of a client. `in_address` is the id in the address of a
    /// PUT.
    ///
    /// # Errors
    /// When the record is invalid.
    fn read(record: Value, in_address: Option<&str>) -> Result<Self::Patch, RecordError>;

    /// Finds a record by its id.
    fn find(store: &dyn Store, id: String) -> Answer<'_, Option<Self::Record>>;

    /// Inserts or modifies a record at `now`. The inner error is the reason when the patch is
    /// rejected.
    fn put(store: &dyn Store, patch: Self::Patch, now: i64) -> Answer<'_, Result<(), RecordError>>;

    /// Inserts or modifies records, each with its index in the call.
    fn put_many(
        store: &dyn Store,
        patches: Vec<(usize, Self::Patch)>,
        now: i64,
    ) -> Answer<'_, Vec<RecordOutcome>>;

    /// Deactivates a record. Returns false when it is unknown.
    fn deactivate(store: &dyn Store, id: String) -> Answer<'_, bool>;

    /// The error for an unknown id.
    fn not_found(id: &str) -> ApiError;
}

/// Parameters of a bulk call.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct BulkQuery {
    #[serde(default)]
    dry_run: bool,
}

/// Inserts or modifies many records; in a dry run, returns what that would change.
///
/// # Errors
/// 400, 413, or 422 when no record is accepted.
pub async fn post<R: Resource>(
    State(app): State<App>,
    Query(query): Query<BulkQuery>,
    RecordsBody(records): RecordsBody,
) -> Result<Response, ApiError> {
    let now = now_ms();
    if query.dry_run {
        let tried = dry_run::<R>(&app, records, now).await?;
        return Ok(Json(tried).into_response());
    }
    let (answer, patches) = BulkAnswer::read(records, R::ID_FIELD, |record| R::read(record, None));
    let outcomes = R::put_many(&*app.store, patches, now).await?;
    Ok(answer.with(outcomes).into_response())
}

/// What a bulk call would change.
#[derive(Debug, Clone, Serialize)]
pub struct DryRun {
    dry_run: bool,
    created: Vec<String>,
    changed: Vec<String>,
    unchanged: usize,
    rejected: Vec<RejectedRecord>,
    /// Accounts that would be made only because a record names them.
    unknown_accounts: BTreeSet<String>,
    /// Accounts whose own usage would no longer count.
    parents_with_usage: Vec<ParentWithUsage>,
}

/// Runs a bulk call and rolls it back.
async fn dry_run<R: Resource>(
    app: &App,
    records: Vec<SentRecord>,
    now: i64,
) -> Result<DryRun, ApiError> {
    let ids: Vec<_> = records
        .iter()
        .map(|sent| bulk::record_id(&sent.record, R::ID_FIELD))
        .collect();
    let mut rejected = Vec::new();
    let mut numbered = Vec::with_capacity(records.len());
    for (index, SentRecord { record, refusal }) in (0..).zip(records) {
        match refusal.map_or_else(|| record_body::of_list(record), Err) {
            Ok(record) => numbered.push((index, record)),
            Err(refused) => rejected.push((index, refused.to_string())),
        }
    }
    let import = Import {
        kind: R::IMPORT,
        records: numbered,
        is_dry_run: true,
    };
    let report = app.store.import(import, now).await?;
    rejected.extend(report.rejected);
    let rejected = rejected.into_iter().map(|(index, error)| {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        RejectedRecord::new(index, ids.get(index).cloned().flatten(), error)
    });
    let mut rejected: Vec<_> = rejected.collect();
    rejected.sort_by_key(RejectedRecord::index);
    Ok(DryRun {
        dry_run: true,
        created: report.created,
        changed: report.changed,
        unchanged: report.unchanged,
        rejected,
        unknown_accounts: report.unknown_accounts,
        parents_with_usage: report.parents_with_usage,
    })
}

/// Returns one record.
///
/// # Errors
/// 404 when the record is unknown.
pub async fn get<R: Resource>(
    State(app): State<App>,
    Path(Id(id)): Path<Id>,
) -> Result<Json<R::Record>, ApiError> {
    find::<R>(&app, id).await
}

/// Inserts or modifies one record.
///
/// # Errors
/// 409 when the record contradicts the stored state, 422 when it is invalid.
pub async fn put<R: Resource>(
    State(app): State<App>,
    Path(Id(id)): Path<Id>,
    JsonBody(record): JsonBody,
) -> Result<Json<R::Record>, ApiError> {
    let id = natero_event::received::id(&Value::from(id))
        .ok_or_else(|| bulk::rejection(invalid_id(R::ID_FIELD)))?;
    let patch = R::read(bulk::single_record(record)?, Some(&id)).map_err(bulk::rejection)?;
    let now = now_ms();
    R::put(&*app.store, patch, now)
        .await?
        .map_err(bulk::rejection)?;
    find::<R>(&app, id).await
}

/// Parameters of DELETE.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct DeleteQuery {
    #[serde(default)]
    erase: bool,
}

/// Deactivates one record, or erases it for good.
///
/// # Errors
/// 404 when the record is unknown.
pub async fn delete<R: Resource>(
    State(app): State<App>,
    Path(Id(id)): Path<Id>,
    Query(query): Query<DeleteQuery>,
) -> Result<Response, ApiError> {
    if query.erase {
        let erased = erasures::erase(&app, R::ERASURE, id.clone()).await?;
        let mut body = serde_json::json!({ "erased": erased.ok_or_else(|| R::not_found(&id))? });
        body[R::ID_FIELD] = id.into();
        return Ok(Json(body).into_response());
    }
    if !R::deactivate(&*app.store, id.clone()).await? {
        return Err(R::not_found(&id));
    }
    Ok(find::<R>(&app, id).await?.into_response())
}

pub(super) async fn find<R: Resource>(app: &App, id: String) -> Result<Json<R::Record>, ApiError> {
    R::find(&*app.store, id.clone())
        .await?
        .map(Json)
        .ok_or_else(|| R::not_found(&id))
}
