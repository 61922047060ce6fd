//! Extractors. Each rejects a request with an [`ApiError`], so that all errors
//! have the same form.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    extract::{FromRequest, FromRequestParts, Request},
    http::{Uri, header, request::Parts},
};
use http_body_util::{BodyExt, Limited};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    http::error::ApiError,
    model::{calendar::TimeZone, page::Page, usage::Span},
};

/// Query parameters.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parse_query(&parts.uri).map(Query).map_err(|words| {
            ApiError::BadRequest(format!("{words}; /openapi.json lists the parameters"))
        })
    }
}

/// Parses the query of an address.
///
/// # Errors
/// A message that names the invalid parameter.
pub fn parse_query<T: DeserializeOwned>(uri: &Uri) -> Result<T, String> {
    axum::extract::Query::try_from_uri(uri)
        .map(|axum::extract::Query(query)| query)
        .map_err(|rejected| {
            let words = rejected.body_text();
            let words = words.trim_start_matches("Failed to deserialize query string: ");
            words.to_owned()
        })
}

/// Segments of the path, percent-decoded.
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

/// An id in an address, without surrounding white space. Ids in records and events are
/// trimmed in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Id(natero_event::trim(&text).to_owned()))
    }
}

/// Largest body of the Account API. It has room for ten thousand records with 1 KB of details
/// each.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// A larger body is parsed on a thread for blocking work.
const BLOCKING_BYTES: usize = 64 * 1024;

/// Maximum time for receiving a body. A body of 16 MiB takes 60 s at 2.2 Mbit/s.
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
                "send JSON with Content-Type: application/json; accounts and users may come as text/csv, too".into(),
            ));
        }
        let bytes = receive_body(request).await?;
        let length = bytes.len();
        // Parsing the largest body takes a tenth of a second, too long for a
        // thread that serves connections.
        // Windows tools write a byte order mark before text.
        let read = move || {
            let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
            natero_event::received::value(json)
        };
        let read = if length > BLOCKING_BYTES {
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

/// Receives a body without parsing it, within the limits of the Account API.
///
/// # Errors
/// 408, 413, or 415 for a compressed body.
pub async fn receive_body(request: Request) -> Result<Vec<u8>, ApiError> {
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| encoding != "identity") {
        return Err(ApiError::UnsupportedMedia(
            "send the body as it is, without Content-Encoding; only the Event API takes gzip"
                .into(),
        ));
    }
    tokio::time::timeout(TIME_LIMIT, receive(request.into_body()))
        .await
        .map_err(|_| ApiError::Timeout)?
}

async fn receive(body: Body) -> Result<Vec<u8>, ApiError> {
    let too_large =
        || ApiError::TooLarge("the body has more than 16 MiB; send fewer records at a time".into());
    // A body is refused before it is received if its declared length is too large.
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

/// A whole number that JavaScript represents exactly. A larger one was probably
/// rounded by the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct SafeInteger(pub i64);

impl TryFrom<i64> for SafeInteger {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
        if number.unsigned_abs() <= MAX_SAFE_INTEGER {
            Ok(SafeInteger(number))
        } else {
            Err("not a whole number of at most 9007199254740991")
        }
    }
}

/// The time span of a query, in ms since the Unix epoch.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct SpanQuery {
    from: Option<SafeInteger>,
    to: Option<SafeInteger>,
}

impl SpanQuery {
    /// The span; unbounded where the query gives no bound.
    ///
    /// # Errors
    /// 400 when it would end before it begins.
    pub fn span(self) -> Result<Span, ApiError> {
        let span = Span::new(self.from.map(|from| from.0), self.to.map(|to| to.0));
        span.map_err(|reversed| ApiError::BadRequest(reversed.to_string()))
    }
}

/// The time zone for the days, weeks and months of a query.
#[derive(Debug, Clone, Deserialize)]
pub struct TimeZoneQuery {
    tz: Option<TimeZone>,
}

impl TimeZoneQuery {
    /// The time zone, or `usual` if the query names none.
    pub fn or(self, usual: &TimeZone) -> TimeZone {
        self.tz.unwrap_or_else(|| usual.clone())
    }
}

/// The page of a list that a client requests.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PageQuery {
    limit: Option<SafeInteger>,
    page: Option<SafeInteger>,
}

impl PageQuery {
    /// Records on a page when the client gives no limit.
    pub const DEFAULT_LIMIT: i64 = 100;
    /// Most records on a page, which keeps a response to a few MB.
    pub const MAX_LIMIT: i64 = 1000;

    /// The page.
    ///
    /// # Errors
    /// 400 when a number is too small.
    pub fn page(self) -> Result<Page, ApiError> {
        let limit = self.limit.map_or(Self::DEFAULT_LIMIT, |limit| limit.0);
        let number = self.page.map_or(0, |page| page.0);
        if limit < 1 || number < 0 {
            return Err(ApiError::BadRequest(
                "limit is a whole number from 1, page one from 0".into(),
            ));
        }
        Ok(Page {
            limit: limit.min(Self::MAX_LIMIT),
            // Clients count pages from 0.
            number: number.saturating_add(1),
        })
    }
}
