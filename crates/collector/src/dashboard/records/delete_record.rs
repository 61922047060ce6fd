//! Deletes a record of an account, with a button in its row that asks for a confirmation.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use crate::{
    dashboard::{
        address, change_form::ChangeForm, error::PageError, query::Query, state::Dashboard,
        view::View,
    },
    http::{error::ApiError, extract::Path},
    model::record_kind::RecordKind,
};

/// Renders the button for a record. It opens a second button that deletes, so that a single
/// click never deletes, even without scripts.
pub(crate) fn button(
    account_id: &str,
    kind: RecordKind,
    id: &str,
    title: &str,
    view: &View,
) -> Markup {
    let action = view.at(&address::account(account_id, "/records/delete"));
    html! {
        details .delete {
            summary .quiet { "Delete" span .hidden { ": " (title) } }
            form method="post" action=(action) {
                input type="hidden" name="kind" value=(kind.name());
                input type="hidden" name="id" value=(id);
                button .button type="submit" { "Delete for good" span .hidden { ": " (title) } }
            }
        }
    }
}

/// The record to delete.
#[derive(Debug, Deserialize)]
pub(crate) struct DeletedRecord {
    kind: String,
    id: String,
}

/// Deletes a record, and redirects back to the list. Succeeds when the record is already
/// deleted.
///
/// # Errors
/// 403 for who may only look, 404 when the account is unknown, 422 for an unknown kind.
pub(crate) async fn delete(
    State(dashboard): State<Dashboard>,
    Path(account_id): Path<String>,
    Query(view): Query<View>,
    ChangeForm(DeletedRecord { kind, id }): ChangeForm<DeletedRecord>,
) -> Result<Response, PageError> {
    let kind = RecordKind::ALL
        .into_iter()
        .find(|of| of.name() == kind)
        .ok_or_else(|| {
            ApiError::Unprocessable("there are no such records; go back and use the button".into())
        })?;
    let store = &dashboard.app.store;
    let removed = store.delete_record(account_id.clone(), kind, id).await?;
    if removed.is_none() {
        return Err(PageError::NoAccount);
    }
    let records = address::account(&account_id, "/records");
    Ok(Redirect::to(&view.at(&records)).into_response())
}
