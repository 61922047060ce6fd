//! What a person sees where a page cannot be shown.

use axum::{
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
};
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
            400 => "The address cannot be read",
            403 => "This is not allowed",
            404 => "There is no such page",
            429 => "Too many requests",
            _ => "The page cannot be shown",
        };
        let page = layout::bare(
            title,
            html! {
                h1 { (title) }
                p .lead { (sentence(&self.0.to_string())) }
                p { a .button href="/" { "All accounts" } }
            },
        );
        (status, page).into_response()
    }
}

/// Errors are written as one reads them behind a name.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .chain(['.'])
        .collect()
}

/// A part of a page, for which its script asks.
pub(super) fn is_fragment(uri: &Uri) -> bool {
    uri.path().starts_with("/fragments/")
}

/// An error in the form that who asked for `uri` can show.
pub(super) fn shown(uri: &Uri, error: ApiError) -> Response {
    if is_fragment(uri) {
        error.into_response()
    } else {
        PageError(error).into_response()
    }
}

/// That an address is none of ours. Programs do not ask for HTML.
pub(super) fn no_such_address(headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT);
    let wants_page = accepted
        .and_then(|kinds| kinds.to_str().ok())
        .is_some_and(|kinds| kinds.contains("text/html"));
    let words = if wants_page {
        "nothing is at this address; every page is found from the list of accounts"
    } else {
        "no such address; /openapi.json lists those there are"
    };
    let error = ApiError::NotFound(words.into());
    if wants_page {
        PageError(error).into_response()
    } else {
        error.into_response()
    }
}
