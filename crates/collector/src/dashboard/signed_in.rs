//! Recognises requests of signed-in people.

use axum::{
    extract::FromRequestParts,
    http::{
        HeaderMap, Method, Uri,
        header::{self, HeaderName},
        request::Parts,
        uri::Authority,
    },
    response::{IntoResponse, Redirect, Response},
};

use super::{
    address,
    error::{self, is_fragment},
    headers::secured,
    rights::Rights,
    session::presented,
    state::Dashboard,
};
use crate::{clock::now_ms, http::error::ApiError, store::rates::RateSubject};

/// Proof that a request belongs to an open session of an active key.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// The rights of its key.
    pub(crate) rights: Rights,
}

impl SignedIn {
    /// The signed-in person who sent the request.
    pub(crate) async fn find(
        dashboard: &Dashboard,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, ApiError> {
        let store = &dashboard.app.store;
        let now = now_ms();
        let mut open = None;
        for id in presented(headers) {
            if let Some(session) = store.session(id, now).await? {
                open = Some((id, session));
                break;
            }
        }
        let Some((id, session)) = open else {
            return Ok(None);
        };
        let key = RateSubject::Key(session.reader.id);
        dashboard.app.count_request(key).await?;
        if session.is_stale {
            // If the use of a session cannot be recorded, the session only ends earlier.
            let _ = store.touch_session(id.to_owned(), now).await;
        }
        let rights = Rights::of(session.reader);
        Ok(Some(SignedIn { rights }))
    }
}

/// The page that somebody wanted before signing in. The address of a form cannot be opened in
/// a browser, so it stands for the page that contains the form.
fn wanted_page(parts: &Parts) -> String {
    let of = |uri: &Uri| {
        uri.path_and_query()
            .map_or("/", |address| address.as_str())
            .to_owned()
    };
    if parts.method.is_safe() {
        return of(&parts.uri);
    }
    let text = |name: HeaderName| parts.headers.get(name)?.to_str().ok();
    let referer = text(header::REFERER).and_then(|referer| referer.parse::<Uri>().ok());
    let is_own = |page: &Uri| {
        let host = page.authority().map(Authority::as_str);
        host.is_some() && host == text(header::HOST)
    };
    match referer.filter(is_own) {
        Some(page) => of(&page),
        None => page_of_form(&parts.uri).to_owned(),
    }
}

/// The page that contains the form with this address, if the browser does not send a
/// referrer.
fn page_of_form(form: &Uri) -> &str {
    let path = form.path();
    match path.split('/').nth(1) {
        Some("accounts" | "import") => path.strip_suffix("/delete").unwrap_or(path),
        Some("quality") => "/quality",
        Some("alerts") => "/alerts",
        Some(_) | None => "/",
    }
}

/// The response for a page or form that does not support the method. The address of a form is
/// in the address bar after it was submitted, so opening it leads to the page that contains
/// the form.
pub(crate) async fn form_opened(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !method.is_safe() || !error::wants_page(&headers) {
        return error::method_not_allowed(headers).await;
    }
    let page = page_of_form(&uri);
    let query = uri.query().map(|query| format!("?{query}"));
    let to = format!("{page}{}", query.unwrap_or_default());
    secured(Redirect::to(&to).into_response())
}

impl FromRequestParts<Dashboard> for SignedIn {
    type Rejection = Response;

    /// Somebody who is not signed in is redirected to the sign-in form, and afterwards to the
    /// page they requested.
    async fn from_request_parts(
        parts: &mut Parts,
        dashboard: &Dashboard,
    ) -> Result<Self, Response> {
        match SignedIn::find(dashboard, &parts.headers).await {
            Ok(Some(signed_in)) => Ok(signed_in),
            Ok(None) if is_fragment(&parts.uri) => Err(ApiError::Unauthorized(
                "the session is over; open the dashboard and sign in again",
            )
            .into_response()),
            Ok(None) => {
                let next = address::escaped(&wanted_page(parts));
                Err(Redirect::to(&format!("/?next={next}")).into_response())
            }
            Err(error) => Err(error::response_for(&parts.uri, error)),
        }
    }
}
