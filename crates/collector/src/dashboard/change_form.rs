//! Forms that change data.

use axum::{
    Form,
    extract::{FromRequest, Request, rejection::FormRejection},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    error::PageError,
    sign_in::{require_own_page, unreadable},
    signed_in::SignedIn,
    state::Dashboard,
};
use crate::http::error::ApiError;

/// The fields of a form that changes something, submitted from a page of the dashboard by
/// somebody who may change data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChangeForm<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Dashboard> for ChangeForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &Dashboard) -> Result<Self, Response> {
        let request = allowed(request, state).await?;
        let form = Form::from_request(request, state).await;
        let Form(fields) = form
            .map_err(|cause: FormRejection| PageError::from(unreadable(cause)).into_response())?;
        Ok(ChangeForm(fields))
    }
}

/// Refuses a form that was not sent by a page of the dashboard, and one sent by a viewer.
/// Does so before reading the body.
pub(super) async fn allowed(request: Request, state: &Dashboard) -> Result<Request, Response> {
    use axum::extract::FromRequestParts;
    let (mut parts, body) = request.into_parts();
    let refused = |error: ApiError| PageError::from(error).into_response();
    require_own_page(&parts.headers).map_err(refused)?;
    let SignedIn { rights } = SignedIn::from_request_parts(&mut parts, state).await?;
    rights.require_change().map_err(refused)?;
    Ok(Request::from_parts(parts, body))
}

/// A form without fields.
#[derive(Debug, Deserialize)]
pub(crate) struct Nothing {}
