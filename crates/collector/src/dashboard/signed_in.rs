//! Recognises requests of people who are signed in.

use std::time::Instant;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    address,
    error::{self, is_fragment},
    rights::Rights,
    session::presented,
    state::Dashboard,
};
use crate::{clock::now_ms, http::error::ApiError};

/// Proof that a request belongs to an open session of an active key.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// What its key allows.
    pub(crate) rights: Rights,
}

impl SignedIn {
    /// The person who is signed in and sent the request.
    pub(crate) async fn find(
        dashboard: &Dashboard,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, ApiError> {
        let Some(id) = presented(headers) else {
            return Ok(None);
        };
        let store = &dashboard.app.store;
        let now = now_ms();
        let Some(session) = store.session(id, now).await? else {
            return Ok(None);
        };
        dashboard
            .app
            .account_rate
            .count(session.reader.id, Instant::now())?;
        if session.is_stale {
            // A session that cannot be recorded as used just ends earlier.
            let _ = store.touch_session(id.to_owned(), now).await;
        }
        let rights = Rights::of(session.reader);
        Ok(Some(SignedIn { rights }))
    }
}

impl FromRequestParts<Dashboard> for SignedIn {
    type Rejection = Response;

    /// Somebody who is not signed in is sent to the form, and then to the page they
    /// requested.
    async fn from_request_parts(
        parts: &mut Parts,
        dashboard: &Dashboard,
    ) -> Result<Self, Response> {
        match SignedIn::find(dashboard, &parts.headers).await {
            Ok(Some(signed_in)) => Ok(signed_in),
            Ok(None) if is_fragment(&parts.uri) => Err(ApiError::Unauthorized(
                "the session is over; open the dashboard and sign in again",
            )
            .into_response()),
            Ok(None) => {
                let wanted = parts
                    .uri
                    .path_and_query()
                    .map_or("/", |wanted| wanted.as_str());
                Err(Redirect::to(&format!("/?next={}", address::escaped(wanted))).into_response())
            }
            Err(error) => Err(error::response_for(&parts.uri, error)),
        }
    }
}
