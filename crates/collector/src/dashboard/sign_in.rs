//! Signs people in with a key, and signs them out.

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    error::PageError,
    layout,
    session::{cookie, new_id, presented, removal_cookies},
    state::Dashboard,
};
use crate::{
    clock::now_ms,
    http::error::ApiError,
    store::{rates::RateSubject, sessions::NewSession},
};

/// The fields of the form.
#[derive(Deserialize)]
pub(crate) struct Answers {
    key: String,
    next: Option<String>,
}

/// Renders the form. `refused` says why the previous attempt failed.
pub(crate) fn form(next: &str, refused: Option<&str>) -> Markup {
    layout::bare(
        "Sign in",
        html! {
            h1 { "Sign in" }
            p .lead { "See what your accounts do with your product." }
            form .sign-in method="post" action="/sign-in" {
                input type="hidden" name="next" value=(next);
                label for="key" { "Account key or viewer key" }
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
                "A key is made with " br;
                code { "natero-collector keys create account" } br;
                code { "natero-collector keys create viewer" } ", which looks and changes nothing"
            }
        },
    )
}

/// The page to open after signing in. It is always a page of this host.
pub(crate) fn own_page(next: Option<&str>) -> &str {
    next.filter(|next| {
        let mut bytes = next.bytes();
        bytes.next() == Some(b'/')
            && !matches!(bytes.next(), Some(b'/' | b'\\'))
            && next.bytes().all(|byte| byte.is_ascii_graphic())
    })
    .unwrap_or("/")
}

/// Opens a session for an active key.
///
/// # Errors
/// 403 when a page of another site sent the form.
pub(crate) async fn sign_in(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
    answers: Result<Form<Answers>, FormRejection>,
) -> Result<Response, PageError> {
    require_own_page(&headers)?;
    let Form(answers) = answers.map_err(unreadable)?;
    let next = own_page(answers.next.as_deref());
    let key = answers.key.trim();
    let store = &dashboard.app.store;
    let Some(reader) = store.reader(key).await? else {
        let refused = "This key is unknown or was revoked. Account keys begin with nacc_, viewer \
                       keys with nview_.";
        return Ok((StatusCode::UNAUTHORIZED, form(next, Some(refused))).into_response());
    };
    let key = reader.id;
    dashboard.app.count_request(RateSubject::Key(key)).await?;
    let id = new_id().map_err(|_| ApiError::Internal)?;
    let cookie = [(header::SET_COOKIE, cookie(&id, is_https(&headers)))];
    // The browser's previous sessions end, in case somebody else knows their ids.
    let previous = presented(&headers).into_iter().map(str::to_owned).collect();
    let session = NewSession { id, key, previous };
    store.begin_session(session, now_ms()).await?;
    Ok((AppendHeaders(cookie), Redirect::to(next)).into_response())
}

/// Why the body of a form was refused.
pub(crate) fn unreadable(refused: FormRejection) -> ApiError {
    if refused.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::TooLarge(
            "the form holds more text than is taken at once; go back to it, where your text still \
             is, and shorten it or send it in parts"
                .into(),
        );
    }
    let words = format!(
        "{}; open the dashboard and use its form",
        refused.body_text()
    );
    match refused.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::UnsupportedMedia(words),
        _ => ApiError::BadRequest(words),
    }
}

/// Ends the session.
///
/// # Errors
/// 403 when a page of another site sent the form.
pub(crate) async fn sign_out(
    State(dashboard): State<Dashboard>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    require_own_page(&headers)?;
    for id in presented(&headers) {
        dashboard.app.store.end_session(id.to_owned()).await?;
    }
    let cookies = removal_cookies().map(|cookie| (header::SET_COOKIE, cookie));
    Ok((AppendHeaders(cookies), Redirect::to("/")).into_response())
}

/// Checks that a page of this host sent the form. Browsers say so in one of two headers. A
/// client that sends neither is not a browser, and could use the API instead.
pub(crate) fn require_own_page(headers: &HeaderMap) -> Result<(), ApiError> {
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

/// Whether the browser uses HTTPS, possibly to a proxy in front of the collector.
fn is_https(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    text("origin").is_some_and(|origin| origin.starts_with("https://"))
        || text("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_only_pages_of_this_host_are_opened() {
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
