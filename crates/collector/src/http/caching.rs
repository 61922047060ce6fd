//! Which answers may be stored on their way.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};

/// Asks browsers and proxies to store no answer with data of customers, and none about the state of
/// the collector. Some proxies store each answer that says nothing, for minutes.
pub async fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
