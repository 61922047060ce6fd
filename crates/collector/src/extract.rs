//! What handlers take from a request. Each refuses in the one form of error
//! that this program has.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    extract::{FromRequest, FromRequestParts, Request},
    http::{header, request::Parts},
};
use http_body_util::{BodyExt, Limited};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{error::ApiError, store::page};

/// Query parameters.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(query)| Query(query))
            .map_err(|refused| {
                let words = refused.body_text();
                let words = words.trim_start_matches("Failed to deserialize query string: ");
                ApiError::BadRequest(format!("{words}; /openapi.json lists the parameters"))
            })
    }
}

/// Parts of the path, unescaped.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(path)| Path(path))
            .map_err(|_| {
                ApiError::BadRequest(
                    "the address is not UTF-8 once unescaped; escape ids with encodeURIComponent"
                        .into(),
                )
            })
    }
}

/// Largest body of the Account API. A batch of ten thousand records with a KB
/// of details each stays below.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Bytes from which on a body is read on a thread of its own.
const READ_APART: usize = 64 * 1024;

/// Longer than the slowest line that is still of use takes for a body.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A body that is one JSON value.
#[derive(Debug, Clone)]
pub struct JsonBody(pub Value);

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let is_json = kind.is_none_or(|kind| {
            let text = kind.to_str().unwrap_or_default();
            let kind = text.split(';').next().unwrap_or_default();
            kind.trim().eq_ignore_ascii_case("application/json")
        });
        if !is_json {
            return Err(ApiError::UnsupportedMedia(
                "send JSON with Content-Type: application/json".into(),
            ));
        }
        let encoding = request.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(ApiError::UnsupportedMedia(
                "send the body as it is, without Content-Encoding; only the Event API takes gzip"
                    .into(),
            ));
        }
        let bytes = tokio::time::timeout(TIME_LIMIT, receive(request.into_body()))
            .await
            .map_err(|_| ApiError::Timeout)??;
        let length = bytes.len();
        // A full body takes a tenth of a second, too long for a thread that
        // serves connections.
        let read = move || natero_event::received::value(&bytes);
        let read = if length > READ_APART {
            tokio::task::spawn_blocking(read)
                .await
                .map_err(|_| ApiError::Internal)?
        } else {
            read()
        };
        read.map(JsonBody)
            .map_err(|cause| ApiError::BadRequest(format!("the body is not JSON: {cause}")))
    }
}

async fn receive(body: Body) -> Result<Vec<u8>, ApiError> {
    let too_large =
        || ApiError::TooLarge("the body has more than 16 MiB; send fewer records at a time".into());
    // What is announced need not be waited for.
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(too_large());
    }
    let collected = Limited::new(body, MAX_BODY_BYTES).collect().await;
    match collected {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(cause) if cause.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Err(_) => Err(ApiError::BadRequest(
            "the body broke off; send it again".into(),
        )),
    }
}

/// A whole number that JavaScript keeps exactly. Larger ones have been rounded
/// on their way here more often than not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Whole(pub i64);

impl TryFrom<i64> for Whole {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
        if number.unsigned_abs() <= MAX_SAFE_INTEGER {
            Ok(Whole(number))
        } else {
            Err("not a whole number of at most 9007199254740991")
        }
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PageQuery {
    limit: Option<Whole>,
    page: Option<Whole>,
}

impl PageQuery {
    /// Records on a page where the caller does not say.
    pub const DEFAULT_LIMIT: i64 = 100;
    /// More is answered in several pages, so that one answer stays a few MB.
    pub const MAX_LIMIT: i64 = 1000;

    /// The page.
    ///
    /// # Errors
    /// 400 where the numbers make no sense.
    pub fn page(self) -> Result<page::Page, ApiError> {
        let limit = self.limit.map_or(Self::DEFAULT_LIMIT, |limit| limit.0);
        let number = self.page.map_or(1, |page| page.0);
        if limit < 1 || number < 1 {
            return Err(ApiError::BadRequest(
                "limit and page are whole numbers from 1".into(),
            ));
        }
        Ok(page::Page {
            limit: limit.min(Self::MAX_LIMIT),
            number,
        })
    }
}
