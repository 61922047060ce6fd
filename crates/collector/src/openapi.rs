//! `GET /openapi.json`: every address, what it takes and what it answers.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// The document. The tests hold it against the router.
pub const DOCUMENT: &str = include_str!("../openapi.json");

/// Answers the document.
pub async fn get() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT).into_response()
}
