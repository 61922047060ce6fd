//! Error pages.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use maud::html;

use super::{headers::secured, layout};
use crate::{http::error::ApiError, store::StoreError};

/// The words with which an error message refers to the `Retry-After` header.
const IN_HEADER: &str = "after the seconds in Retry-After";

/// An error that is answered with a page.
#[derive(Debug)]
pub(crate) enum PageError {
    Refused(ApiError),
    /// The account does not exist, or the reader may not see it. Both have the same answer, so
    /// that it says nothing about accounts of others.
    NoAccount,
    /// The same for a user.
    NoUser,
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        PageError::Refused(error)
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        PageError::Refused(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, retry_after) = match &self {
            PageError::Refused(error) => (error.status(), error.retry_after()),
            PageError::NoAccount | PageError::NoUser => (StatusCode::NOT_FOUND, None),
        };
        let title = match status.as_u16() {
            _ if matches!(self, PageError::NoAccount) => "There is no such account",
            _ if matches!(self, PageError::NoUser) => "There is no such user",
            400 => "The address cannot be read",
            403 => "This is not allowed",
            404 => "There is no such page",
            409 | 422 => "This cannot be done",
            413 => "This is too long",
            429 => "Too many requests",
            503 => "Not at the moment",
            _ => "The page cannot be shown",
        };
        let page = layout::bare(
            title,
            html! {
                h1 { (title) }
                p .lead { (self.words()) }
                p { a .button href="/" { "All accounts" } }
            },
        );
        let mut response = (status, page).into_response();
        if let Some(seconds) = retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl PageError {
    /// What a person reads below the title.
    fn words(&self) -> String {
        match self {
            PageError::Refused(error) => sentence(&words(error)),
            PageError::NoAccount => {
                "It does not exist, or your key does not see it. An account is made by the \
                first event that names it, or by an import."
                    .to_owned()
            }
            PageError::NoUser => {
                "The user does not exist, or your key does not see the user. A user is made by \
                the first event that names the user, or by an import."
                    .to_owned()
            }
        }
    }
}

/// The message for a person, who does not see headers.
fn words(error: &ApiError) -> String {
    let text = error.to_string();
    match error.retry_after() {
        Some(1) => text.replace(IN_HEADER, "in a second"),
        Some(seconds) => text.replace(IN_HEADER, &format!("in {seconds} seconds")),
        None => text,
    }
}

/// Makes a sentence of an error message that begins with a lower-case letter.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .chain(['.'])
        .collect()
}

/// Whether an address is that of a fragment, which only scripts request.
pub(crate) fn is_fragment(uri: &Uri) -> bool {
    uri.path().starts_with("/fragments/")
}

/// The response for an error: JSON for the script that requests a fragment, and a
/// page otherwise.
pub(crate) fn response_for(uri: &Uri, error: ApiError) -> Response {
    if is_fragment(uri) {
        error.into_response()
    } else {
        PageError::from(error).into_response()
    }
}

/// The response for an address that does not exist. Only browsers accept HTML;
/// programs get a JSON error.
pub(crate) async fn not_found(headers: HeaderMap) -> Response {
    let words = if wants_page(&headers) {
        "nothing is at this address; every page is found from the list of accounts"
    } else {
        "no such address; /openapi.json lists those there are"
    };
    secured(answered(&headers, ApiError::NotFound(words.into())))
}

/// The response for an address that does not support the method, such as when somebody opens
/// the address of a form.
pub(crate) async fn method_not_allowed(headers: HeaderMap) -> Response {
    answered(&headers, ApiError::MethodNotAllowed)
}

pub(super) fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT);
    accepted
        .and_then(|kinds| kinds.to_str().ok())
        .is_some_and(|kinds| kinds.contains("text/html"))
}

fn answered(headers: &HeaderMap, error: ApiError) -> Response {
    if wants_page(headers) {
        secured(PageError::from(error).into_response())
    } else {
        error.into_response()
    }
}
