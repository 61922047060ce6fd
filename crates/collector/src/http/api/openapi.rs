//! `GET /openapi.json`: every path, its parameters and its responses.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// The OpenAPI document. The tests compare it with the router.
pub const DOCUMENT: &str = include_str!("../../../openapi.json");

/// Returns the document.
pub async fn get() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
