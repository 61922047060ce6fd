//! Normalizes the address of a request.

use axum::{extract::Request, http::Uri};

/// NUL, and the character that replaces it (`model/nul.rs`), both percent-encoded.
const NUL: (&str, &str) = ("%00", "%E2%90%80");

/// Replaces NUL in the address, so that ids and names match the stored ones.
pub fn without_nul(mut request: Request) -> Request {
    let uri = request.uri();
    let Some(path) = uri
        .path_and_query()
        .filter(|path| path.as_str().contains(NUL.0))
    else {
        return request;
    };
    let path = path.as_str().replace(NUL.0, NUL.1);
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path.parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}
