//! Query parameters of the dashboard.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};
use serde::de::DeserializeOwned;

use super::error;
use crate::http::{error::ApiError, extract::parse_query};

/// Query parameters. An error is answered in the form that the client can show: a page, or
/// JSON for a script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        parse_query(&parts.uri)
            .map(Query)
            .map_err(|words| error::response_for(&parts.uri, ApiError::BadRequest(words)))
    }
}
