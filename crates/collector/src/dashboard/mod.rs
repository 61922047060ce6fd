//! The dashboard: pages for people, rendered here and readable without any
//! script. Scripts draw the chart, open branches in place and follow events.
//!
//! **Invariant:** markup is made by `maud`, which escapes whatever comes in, and
//! nothing else; ids in addresses go through [`address`]. A page loads nothing
//! from another host, and its policy forbids that it could.

mod account;
mod address;
mod asked;
mod assets;
mod breakdown;
mod chart;
mod children;
mod error;
mod format;
mod layout;
mod live;
mod loss;
mod overview;
mod period;
mod records;
mod session;
mod sign_in;
mod tree;
mod usage;
mod users;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};

use crate::app::App;
use session::Sessions;

/// What the pages may use.
#[derive(Debug, Clone)]
struct Dashboard {
    app: App,
    sessions: Arc<Sessions>,
}

/// A sign-in form has two short fields.
const FORM_BYTES: usize = 8 * 1024;

/// The pages, to be merged into the router of the whole.
pub fn router(app: &App) -> Router<App> {
    let dashboard = Dashboard {
        app: app.clone(),
        sessions: Arc::default(),
    };
    Router::new()
        .route("/", get(overview::show))
        .route("/sign-in", post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/assets/{name}", get(assets::get))
        .route("/accounts/{id}", get(usage::show))
        .route("/accounts/{id}/below", get(children::show))
        .route("/accounts/{id}/users", get(users::show))
        .route("/accounts/{id}/records", get(records::show))
        .route("/accounts/{id}/events", get(live::show_account))
        .route("/events", get(live::show))
        .route("/loss", get(loss::show))
        .route("/fragments/tree", get(tree::branches))
        .route("/fragments/search", get(tree::found))
        .route("/fragments/breakdown/{id}", get(breakdown::rows))
        .route("/fragments/events", get(live::rows))
        .with_state(dashboard)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(middleware::from_fn(guarded))
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Says to the browser what a page may do, and that nothing of it is kept.
async fn guarded(request: Request, next: Next) -> Response {
    guard(next.run(request).await)
}

/// Answers to an address that does not exist.
pub async fn no_such_address(headers: HeaderMap) -> Response {
    guard(error::no_such_address(&headers))
}

fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers then send `Origin: null` with forms.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
