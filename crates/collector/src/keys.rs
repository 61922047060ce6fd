//! Keys: what they are made of, how they are recognised, and how a request
//! carries them.
//!
//! A key is 160 random bits, so it cannot be guessed and a plain SHA-256 is
//! enough to store it: there is nothing for a slow hash to slow down.

use std::time::Instant;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, Uri, header, request::Parts},
    middleware::Next,
    response::Response,
};
use base64::Engine;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{app::App, error::ApiError, store::keys as stored_keys};

/// SHA-256 of a key; all that is kept of it.
pub type KeyHash = [u8; 32];

/// The pair that a page carries: it can write events and nothing else.
#[derive(Debug, Clone)]
pub struct SourceKeys {
    /// First part of the path of the Event API.
    pub auth_key: String,
    /// Second part.
    pub api_key: String,
}

/// What an operator says of a new source.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct NewSource {
    /// What the source is for, shown by `keys list`
    #[arg(long, env = "NATERO_KEY_NAME", default_value = "")]
    pub name: String,
    /// The source is a server of ours: what its events say about accounts is believed
    #[arg(long, env = "NATERO_SOURCE_TRUSTED")]
    pub trusted: bool,
    /// Events of the source may place an account that has no parent yet
    #[arg(long, env = "NATERO_SOURCE_ALLOW_HIERARCHY")]
    pub allow_hierarchy: bool,
    /// Origin from which pages may use the source; repeat it for several.
    /// Without it, from any
    #[arg(long = "origin", env = "NATERO_SOURCE_ORIGIN", value_delimiter = ',')]
    pub origins: Vec<String>,
}

/// A source as the Event API sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Row id of the source.
    pub id: i64,
    /// Whether what its events say about accounts is believed.
    pub trusted: bool,
    /// Whether its events may place an account that has no parent yet.
    pub allow_hierarchy: bool,
    /// Origins from which it may be used; empty for any.
    pub origins: Vec<String>,
}

impl SourceKeys {
    /// Makes a new pair.
    ///
    /// # Errors
    /// Where the operating system has no random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Ok(SourceKeys {
            auth_key: random_key("nauth_")?,
            api_key: random_key("napi_")?,
        })
    }
}

/// Makes a new account key.
///
/// # Errors
/// Where the operating system has no random numbers.
pub fn account_key() -> Result<String, getrandom::Error> {
    random_key("nacc_")
}

/// The prefix tells a person, and a scanner for leaked secrets, what it is.
fn random_key(prefix: &str) -> Result<String, getrandom::Error> {
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes)?;
    let mut key = prefix.to_owned();
    for byte in bytes {
        key.push_str(&format!("{byte:02x}"));
    }
    Ok(key)
}

/// What is stored of a key, and looked up.
pub fn hash(key: &str) -> KeyHash {
    Sha256::digest(key.as_bytes()).into()
}

/// Compares in a time that does not depend on where the hashes differ.
pub fn same(left: &KeyHash, right: &[u8]) -> bool {
    left.as_slice().ct_eq(right).into()
}

/// The account key of a request: `?api_key=` or HTTP basic with the user `api`.
///
/// # Errors
/// 401 where there is none.
pub fn presented_account_key(headers: &HeaderMap, uri: &Uri) -> Result<String, ApiError> {
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

/// Keys are plain ASCII, so nothing has to be unescaped.
fn query_key(uri: &Uri) -> Option<String> {
    uri.query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("api_key="))
        .map(str::to_owned)
}

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
        app.account_rate.count(id, Instant::now())?;
        Ok(AccountKey { id })
    }
}

/// Lets nothing through without an account key, so that no route behind it can
/// forget to ask.
pub async fn require_account_key(
    State(_app): State<App>,
    _key: AccountKey,
    request: Request,
    next: Next,
) -> Response {
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_and_never_the_same_twice() {
        let pair = SourceKeys::generate().unwrap();
        assert!(pair.auth_key.len() > 40 && pair.api_key.len() > 40);
        assert_ne!(pair.auth_key[6..], pair.api_key[5..]);
        assert_ne!(account_key().unwrap(), account_key().unwrap());
    }

    #[test]
    fn an_account_key_comes_in_the_query_or_as_basic_password_of_api() {
        let none = HeaderMap::new();
        let uri: Uri = "/api/v2/accounts?limit=3&api_key=nacc_1".parse().unwrap();
        assert_eq!(presented_account_key(&none, &uri).unwrap(), "nacc_1");

        let plain: Uri = "/api/v2/accounts".parse().unwrap();
        assert!(presented_account_key(&none, &plain).is_err());

        let basic = |text: &str| {
            let mut headers = HeaderMap::new();
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            headers.insert(
                header::AUTHORIZATION,
                format!("Basic {encoded}").parse().unwrap(),
            );
            presented_account_key(&headers, &plain)
        };
        assert_eq!(basic("api:nacc_2").unwrap(), "nacc_2");
        assert!(basic("root:nacc_2").is_err());
    }
}
