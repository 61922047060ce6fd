//! Signing in with an account key, and out again.

use std::time::Instant;

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    Dashboard,
    error::PageError,
    layout,
    session::{cookie, no_cookies, presented},
};
use crate::{error::ApiError, store::keys as stored_keys};

/// The form as it is sent.
#[derive(Deserialize)]
pub(super) struct Answers {
    key: String,
    next: Option<String>,
}

/// The form. `refused` says why the last try failed.
pub(super) fn form(next: &str, refused: Option<&str>) -> Markup {
    layout::bare(
        "Sign in",
        html! {
            h1 { "Sign in" }
            p .lead { "See what your accounts do with your product." }
            form .sign-in method="post" action="/sign-in" {
                input type="hidden" name="next" value=(next);
                label for="key" { "Account key" }
                input #key name="key" type="password" required autofocus
                    autocomplete="current-password" spellcheck="false" autocapitalize="off"
                    placeholder="nacc_…"
                    aria-invalid=[refused.map(|_| "true")]
                    aria-describedby=(if refused.is_some() { "refused" } else { "hint" });
                @if let Some(refused) = refused {
                    p #refused .refused role="alert" { (refused) }
                }
                button .button.primary type="submit" { "Sign in" }
            }
            p #hint .hint {
                "An account key is made with " br;
                code { "natero-collector keys create account" }
            }
        },
    )
}

/// Where to go after signing in: a page of ours, whatever the address says.
pub(super) fn own_page(next: Option<&str>) -> &str {
    next.filter(|next| {
        let mut bytes = next.bytes();
        bytes.next() == Some(b'/')
            && !matches!(bytes.next(), Some(b'/' | b'\\'))
            && next.bytes().all(|byte| byte.is_ascii_graphic())
    })
    .unwrap_or("/")
}

/// Opens a session for a living account key.
///
/// # Errors
/// 403 where a page of another site sent the form.
pub(super) async fn sign_in(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
    answers: Result<Form<Answers>, FormRejection>,
) -> Result<Response, PageError> {
    require_own_page(&headers)?;
    let Form(answers) = answers.map_err(unreadable)?;
    let next = own_page(answers.next.as_deref());
    let key = answers.key.trim();
    let store = &dashboard.app.store;
    let Some(key) = store.read_now(|conn| stored_keys::account_key(conn, key))? else {
        let refused = "This key is unknown or was revoked. Account keys begin with nacc_.";
        return Ok((StatusCode::UNAUTHORIZED, form(next, Some(refused))).into_response());
    };
    dashboard.app.account_rate.count(key, Instant::now())?;
    // A session that was open before ends: nobody else may know its id.
    if let Some(before) = presented(&headers) {
        dashboard.sessions.end(before);
    }
    let id = dashboard
        .sessions
        .begin(key, Instant::now())
        .map_err(|_| ApiError::Internal)?;
    let cookie = [(header::SET_COOKIE, cookie(&id, is_https(&headers)))];
    Ok((AppendHeaders(cookie), Redirect::to(next)).into_response())
}

fn unreadable(refused: FormRejection) -> ApiError {
    let words = format!(
        "{}; open the dashboard and use its form",
        refused.body_text()
    );
    match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge(words),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::UnsupportedMedia(words),
        _ => ApiError::BadRequest(words),
    }
}

/// Ends the session.
///
/// # Errors
/// 403 where a page of another site asked for it.
pub(super) async fn sign_out(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    require_own_page(&headers)?;
    if let Some(id) = presented(&headers) {
        dashboard.sessions.end(id);
    }
    let cookies = no_cookies().map(|cookie| (header::SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies), Redirect::to("/")).into_response())
}

/// Browsers say which page sent a form, in one header or the other. What says
/// neither is no browser and has the API.
fn require_own_page(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own = match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), ..) => site == "same-origin",
        (None, Some(origin), Some(host)) => {
            let of = origin.split_once("://").map(|(_, of)| of);
            of.is_some_and(|of| of.eq_ignore_ascii_case(host))
        }
        _ => false,
    };
    if is_own {
        Ok(())
    } else {
        Err(ApiError::Forbidden(
            "this form was not sent from a page of the dashboard; open the dashboard and try again"
                .into(),
        ))
    }
}

/// Whether the browser speaks https, be it to a proxy in front of us.
fn is_https(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    text("origin").is_some_and(|origin| origin.starts_with("https://"))
        || text("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_stays_here() {
        assert_eq!(
            own_page(Some("/accounts/a?range=7d")),
            "/accounts/a?range=7d"
        );
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\nb",
        ] {
            assert_eq!(own_page(Some(elsewhere)), "/", "{elsewhere:?}");
        }
        assert_eq!(own_page(None), "/");
    }

    #[test]
    fn only_own_pages_may_send_forms() {
        let with = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            require_own_page(&headers).is_ok()
        };
        assert!(with(&[("sec-fetch-site", "same-origin")]));
        assert!(with(&[("origin", "http://a:80"), ("host", "a:80")]));
        assert!(!with(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://a"),
            ("host", "a")
        ]));
        assert!(!with(&[("sec-fetch-site", "same-site")]));
        assert!(!with(&[("origin", "http://b"), ("host", "a")]));
        assert!(!with(&[("origin", "null"), ("host", "a")]));
        assert!(!with(&[("host", "a")]));
    }
}
