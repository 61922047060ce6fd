//! What a person sees where a page cannot be shown.

use axum::response::{IntoResponse, Response};
use maud::html;

use super::layout;
use crate::{error::ApiError, store::StoreError};

/// Why a page cannot be shown.
#[derive(Debug)]
pub(super) struct PageError(ApiError);

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        PageError(error)
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        PageError(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = self.0.status();
        let title = match status.as_u16() {
            404 => "There is no such account",
            403 => "This is not allowed",
            429 => "Too many requests",
            400 => "The address cannot be read",
            _ => "The page cannot be shown",
        };
        let page = layout::bare(
            title,
            html! {
                h1 { (title) }
                p .lead { (self.0) }
                p { a .button href="/" { "All accounts" } }
            },
        );
        (status, page).into_response()
    }
}
