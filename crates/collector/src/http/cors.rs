//! Which pages of other origins may call which part of the API.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::model::origin::Origin;

/// How long a browser may cache the answer to a preflight request.
const PREFLIGHT_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The policy of the Event API. Pages of any origin may send events, unless the operator
/// lists the allowed ones. Credentials are not allowed: the keys are in the path, and cookies
/// have no meaning here.
pub fn event_api(origins: &[Origin]) -> CorsLayer {
    let allowed = if origins.is_empty() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origin_headers(origins))
    };
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::CONTENT_ENCODING])
        // Without this, a page cannot read how long to wait.
        .expose_headers([HeaderName::from_static("retry-after")])
        .max_age(PREFLIGHT_AGE)
}

/// The policy of everything that needs an account key. The key reads all data,
/// so pages of other origins may use it only when the operator lists them.
pub fn account_api(origins: &[Origin]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origin_headers(origins)))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .max_age(PREFLIGHT_AGE)
}

fn origin_headers(origins: &[Origin]) -> impl Iterator<Item = HeaderValue> {
    // An origin contains only characters that are valid in a header.
    (origins.iter()).filter_map(|origin| origin.as_str().parse().ok())
}
