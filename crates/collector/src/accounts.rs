//! The Account API: who may use it.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};

use crate::{app::App, error::ApiError, keys::presented_account_key, store::keys as stored_keys};

/// Proof that the request carried a living account key.
#[derive(Debug, Clone, Copy)]
pub struct AccountKey {
    /// Row id of the key.
    pub id: i64,
}

impl FromRequestParts<App> for AccountKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let key = presented_account_key(&parts.headers, &parts.uri)?;
        let id = app
            .store
            .read_now(|conn| stored_keys::account_key(conn, &key))?
            .ok_or(ApiError::Unauthorized(
                "unknown or revoked account key; `natero-collector keys create account` makes one",
            ))?;
        Ok(AccountKey { id })
    }
}

/// Lets nothing through without an account key, so that no route behind it can
/// forget to ask.
///
/// # Errors
/// 401 without a living key.
pub async fn require_account_key(
    State(_app): State<App>,
    _key: AccountKey,
    request: Request,
    next: Next,
) -> Response {
    next.run(request).await
}
