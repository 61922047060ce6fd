//! Which source sends a batch, and whether it may.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::{
    http::{error::ApiError, state::App},
    model::origin::Origin,
    store::{keys::Source, rates::RateSubject},
};

/// The source of a key pair, after its request was counted and its origin checked.
///
/// # Errors
/// 401 for an unknown pair, 403 for an origin that the source does not allow, 429 when the source
/// sends too often.
pub(super) async fn admitted(
    app: &App,
    auth_key: &str,
    api_key: &str,
    headers: &HeaderMap,
) -> Result<Source, ApiError> {
    let mut source = app
        .store
        .source(auth_key, api_key)
        .await?
        .ok_or(ApiError::Unauthorized(
            "unknown or revoked key pair; the address is /v1/{authKey}/{apiKey}, and `natero-collector keys create source` makes a pair",
        ))?;
    app.count_request(RateSubject::Source(source.id)).await?;
    source.allow_hierarchy |= app.config.allow_hierarchy;
    check_origin(&source.origins, headers)?;
    Ok(source)
}

/// Checks the origin of a page. Only browsers send an origin, and only browsers can be made
/// to send requests that their user did not intend. A request without an origin comes from a
/// program.
fn check_origin(allowed: &[String], headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    if allowed.is_empty() || allowed.iter().any(|allowed| is_same(allowed, origin)) {
        return Ok(());
    }
    Err(ApiError::Forbidden(
        "this key pair may not be used from this origin; make a pair with `keys create source --origin`".into(),
    ))
}

/// Whether the origin that a browser sent equals a stored one. Earlier versions stored what
/// the operator wrote without normalizing it.
fn is_same(stored: &str, sent: &HeaderValue) -> bool {
    stored == sent || (stored.parse::<Origin>()).is_ok_and(|origin| origin.as_str() == sent)
}
