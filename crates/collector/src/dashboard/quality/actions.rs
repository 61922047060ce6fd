//! The buttons of the data-quality page, each of which fixes one problem.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    clock::now_ms,
    dashboard::{
        change_form::{ChangeForm, Nothing},
        error::PageError,
        quality::{done::Done, page::PATH},
        query::Query,
        state::Dashboard,
        view::View,
    },
    http::{
        api::{bulk::rejection, erasures},
        error::ApiError,
    },
    model::{account::AccountPatch, erasure::ErasureKind, user::UserPatch},
};

/// Redirects back to the page in the same view, to the section that says what was done.
fn answer(view: &View, done: Done) -> Response {
    let page = view.at(&format!("{PATH}?done={}", done.name()));
    Redirect::to(&format!("{page}#{}", done.section())).into_response()
}

/// A user and an account.
#[derive(Debug, Deserialize)]
pub(crate) struct MoveUser {
    user_id: String,
    account_id: String,
}

/// Moves a user to another account, so that the user's events count there.
///
/// # Errors
/// 403 for a viewer, 422 for invalid ids.
pub(crate) async fn move_user(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(MoveUser {
        user_id,
        account_id,
    }): ChangeForm<MoveUser>,
) -> Result<Response, PageError> {
    let record = json!({"user_id": user_id, "account_id": account_id, "move": true});
    let patch = UserPatch::from_record(record, None).map_err(rejection)?;
    dashboard
        .app
        .store
        .put_user(patch, now_ms())
        .await?
        .map_err(rejection)?;
    Ok(answer(&view, Done::Moved))
}

/// An account and its name.
#[derive(Debug, Deserialize)]
pub(crate) struct NameAccount {
    account_id: String,
    name: String,
    /// Set in the form for an account with usage, which another section lists.
    #[serde(default)]
    has_usage: bool,
}

/// Gives an account a name.
///
/// # Errors
/// 403 for a viewer, 422 for an invalid name. A blank name is refused with a message on the
/// page.
pub(crate) async fn name_account(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(NameAccount {
        account_id,
        name,
        has_usage,
    }): ChangeForm<NameAccount>,
) -> Result<Response, PageError> {
    let (named, blank) = if has_usage {
        (Done::NamedUsed, Done::BlankNameOfUsed)
    } else {
        (Done::Named, Done::BlankName)
    };
    if name.trim().is_empty() {
        return Ok(answer(&view, blank));
    }
    let record = json!({"account_id": account_id, "name": name.trim()});
    let patch = AccountPatch::from_record(record, None).map_err(rejection)?;
    dashboard
        .app
        .store
        .put_account(patch, now_ms())
        .await?
        .map_err(rejection)?;
    Ok(answer(&view, named))
}

/// An account without any description.
#[derive(Debug, Deserialize)]
pub(crate) struct RemoveAccount {
    account_id: String,
}

/// Removes an account that has no description and that nothing refers to.
///
/// # Errors
/// 403 for somebody who may not change anything.
pub(crate) async fn remove_account(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(RemoveAccount { account_id }): ChangeForm<RemoveAccount>,
) -> Result<Response, PageError> {
    // An event, a user or a record may have come to refer to it since the page was shown.
    let is_removed = dashboard.app.store.remove_undescribed(account_id).await?;
    let done = if is_removed {
        Done::Removed
    } else {
        Done::NotRemoved
    };
    Ok(answer(&view, done))
}

/// The stream to take back.
#[derive(Debug, Deserialize)]
pub(crate) struct TakeBack {
    stream_id: String,
}

/// Takes back all events that a stream has sent.
///
/// # Errors
/// 403 for a viewer, 404 when the stream has sent nothing.
pub(crate) async fn take_back(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(TakeBack { stream_id }): ChangeForm<TakeBack>,
) -> Result<Response, PageError> {
    erasures::erase(&dashboard.app, ErasureKind::Stream, stream_id)
        .await?
        .ok_or_else(|| ApiError::NotFound("this stream has sent nothing".into()))?;
    Ok(answer(&view, Done::TakenBack))
}

/// Clears the list of refused lines.
///
/// # Errors
/// 403 for somebody who may not change anything.
pub(crate) async fn clear_refusals(
    State(dashboard): State<Dashboard>,
    Query(view): Query<View>,
    ChangeForm(Nothing {}): ChangeForm<Nothing>,
) -> Result<Response, PageError> {
    dashboard.app.store.clear_refusals().await?;
    Ok(answer(&view, Done::Cleared))
}
