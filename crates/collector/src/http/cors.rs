//! Which pages of other origins may call which part of the API.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// An origin in the configuration that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an origin; write it as https://app.example.com, without a path")]
pub struct InvalidOrigin(pub String);

/// How long a browser may remember the answer to a preflight request.
const PREFLIGHT_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The policy of the Event API. Pages of any origin may send events unless the
/// operator lists some. Credentials are not allowed: the keys are in the path,
/// and cookies have no meaning here.
///
/// # Errors
/// When one of the origins is not an origin.
pub fn event_api(origins: &[String]) -> Result<CorsLayer, InvalidOrigin> {
    let allowed = if origins.is_empty() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origin_headers(origins)?)
    };
    Ok(CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::CONTENT_ENCODING])
        // Without this, a page cannot read how long it should wait.
        .expose_headers([HeaderName::from_static("retry-after")])
        .max_age(PREFLIGHT_AGE))
}

/// The policy of everything that needs an account key. The key reads all data,
/// so pages of other origins may use it only when the operator lists them.
///
/// # Errors
/// When one of the origins is not an origin.
pub fn account_api(origins: &[String]) -> Result<CorsLayer, InvalidOrigin> {
    Ok(CorsLayer::new()
        .allow_origin(AllowOrigin::list(origin_headers(origins)?))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .max_age(PREFLIGHT_AGE))
}

fn origin_headers(origins: &[String]) -> Result<Vec<HeaderValue>, InvalidOrigin> {
    origins.iter().map(|origin| origin_header(origin)).collect()
}

fn origin_header(origin: &str) -> Result<HeaderValue, InvalidOrigin> {
    let is_origin = origin.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty() && !host.is_empty() && !host.contains('/')
    });
    origin
        .parse()
        .ok()
        .filter(|_| is_origin)
        .ok_or_else(|| InvalidOrigin(origin.to_owned()))
}
