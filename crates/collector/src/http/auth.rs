//! Recognises the account key of a request.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, Uri, header, request::Parts},
    middleware::Next,
    response::Response,
};
use base64::Engine;
use percent_encoding::percent_decode_str;

use crate::{
    http::{error::ApiError, state::App},
    model::keys::KeyId,
    store::rates::RateSubject,
};

/// Reads the account key of a request from `?api_key=`, or from the password of HTTP basic
/// authentication with the user name `api`.
///
/// # Errors
/// 401 when the request has no key.
pub fn read_account_key(headers: &HeaderMap, uri: &Uri) -> Result<String, ApiError> {
    basic_password(headers)
        .or_else(|| query_key(uri))
        .ok_or(ApiError::Unauthorized(
            "this address needs an account key: pass it as ?api_key= or as the password of HTTP basic with the user `api`",
        ))
}

fn basic_password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    (user == "api").then(|| password.to_owned())
}

/// Reads the key from the query. Keys are plain ASCII, but clients may percent-encode any
/// character.
fn query_key(uri: &Uri) -> Option<String> {
    let key = uri
        .query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("api_key="))?;
    Some(percent_decode_str(key).decode_utf8_lossy().into_owned())
}

/// Proof that the request carries an active account key.
#[derive(Debug, Clone, Copy)]
pub struct AccountKey {
    /// The id of the key.
    pub id: KeyId,
}

impl FromRequestParts<App> for AccountKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let key = read_account_key(&parts.headers, &parts.uri)?;
        let Some(id) = app.store.account_key(&key).await? else {
            return Err(refusal(app, &key).await?);
        };
        app.count_request(RateSubject::Key(id)).await?;
        Ok(AccountKey { id })
    }
}

/// Why a key is not accepted as an account key. The error for a viewer key says what it is.
async fn refusal(app: &App, key: &str) -> Result<ApiError, ApiError> {
    Ok(match app.store.reader(key).await? {
        Some(_) => ApiError::Forbidden(
            "a viewer key only reads the dashboard and usage; use an account key here, which `natero-collector keys create account` makes".into(),
        ),
        None => ApiError::Unauthorized(
            "unknown or revoked account key; `natero-collector keys create account` makes one",
        ),
    })
}

/// Refuses every request without an account key, so that no handler behind it has to check.
pub async fn require_account_key(
    State(_app): State<App>,
    _key: AccountKey,
    request: Request,
    next: Next,
) -> Response {
    next.run(request).await
}

/// Refuses every request without an account key or a viewer key. Adds what the key may see as
/// an extension, [`Visibility`](crate::model::visibility::Visibility).
///
/// # Errors
/// 401 for every other key, 429 for too many requests.
pub async fn require_reader(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let key = read_account_key(request.headers(), request.uri())?;
    let reader = app.store.reader(&key).await?.ok_or(ApiError::Unauthorized(
        "unknown or revoked key; `natero-collector keys create account` or `… viewer` makes one",
    ))?;
    app.count_request(RateSubject::Key(reader.id)).await?;
    request.extensions_mut().insert(reader.within);
    Ok(next.run(request).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_key_comes_in_the_query_or_as_basic_password_of_api() {
        let none = HeaderMap::new();
        let uri: Uri = "/api/v2/accounts?limit=3&api_key=nacc_1".parse().unwrap();
        assert_eq!(read_account_key(&none, &uri).unwrap(), "nacc_1");
        let escaped: Uri = "/api/v2/accounts?api_key=nacc%5F%31".parse().unwrap();
        assert_eq!(read_account_key(&none, &escaped).unwrap(), "nacc_1");

        let plain: Uri = "/api/v2/accounts".parse().unwrap();
        assert!(read_account_key(&none, &plain).is_err());

        let basic = |text: &str| {
            let mut headers = HeaderMap::new();
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            headers.insert(
                header::AUTHORIZATION,
                format!("Basic {encoded}").parse().unwrap(),
            );
            read_account_key(&headers, &plain)
        };
        assert_eq!(basic("api:nacc_2").unwrap(), "nacc_2");
        assert!(basic("root:nacc_2").is_err());
    }
}
