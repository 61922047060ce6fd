//! The HTTP surface.

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};

use crate::{
    accounts,
    cli::CliError,
    config::Config,
    dashboard,
    error::ApiError,
    events, ingest,
    keys::require_account_key,
    limits::{Admission, RateLimit},
    loss,
    metrics::Metrics,
    openapi, records,
    rollup::Kind,
    store::{self, Store},
    usage, users,
};

pub use crate::server::{serve, termination};

/// What every handler may use.
#[derive(Debug, Clone)]
pub struct App {
    /// The open database.
    pub store: Arc<Store>,
    /// Settings of this run.
    pub config: Arc<Config>,
    /// Figures of this run.
    pub metrics: Arc<Metrics>,
    /// What may be in memory.
    pub admission: Arc<Admission>,
    /// Requests a second for each source.
    pub source_rate: Arc<RateLimit<i64>>,
    /// Requests a second for each account key.
    pub account_rate: Arc<RateLimit<i64>>,
}

impl App {
    /// Opens the database and starts the writer.
    ///
    /// # Errors
    /// Where the database cannot be opened.
    pub fn open(config: Config) -> Result<Self, CliError> {
        let metrics = Arc::new(Metrics::default());
        let options = store::Options {
            max_bytes: config.max_db_bytes,
            metrics: Arc::clone(&metrics),
        };
        let store = Store::open(&config.database.db, options)?;
        Ok(App {
            store: Arc::new(store),
            metrics,
            admission: Arc::default(),
            source_rate: Arc::new(RateLimit::new(config.rate_limit)),
            account_rate: Arc::new(RateLimit::new(config.rate_limit)),
            config: Arc::new(config),
        })
    }
}

/// Who may ask at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone: nothing there tells of customers.
    Open,
    /// The keys are in the path.
    Source,
    /// An account key is needed.
    Account,
}

/// Every address of the API, with who may ask there. The router is made of this
/// list and the pages of the dashboard, and the tests hold it against the
/// OpenAPI document.
pub fn routes() -> Vec<(&'static str, Access, MethodRouter<App>)> {
    use Access::{Account, Open, Source};
    let mut routes: Vec<(_, _, MethodRouter<App>)> = vec![
        ("/healthz", Open, get(health)),
        ("/readyz", Open, get(ready)),
        ("/metrics", Open, get(figures)),
        ("/openapi.json", Open, get(openapi::get)),
        ("/v1/{auth_key}/{api_key}", Source, post(ingest::post)),
        (
            "/api/v2/accounts",
            Account,
            get(accounts::list).post(accounts::post),
        ),
        (
            "/api/v2/accounts/{id}",
            Account,
            get(accounts::get)
                .put(accounts::put)
                .delete(accounts::delete),
        ),
        (
            "/api/v2/accounts/{id}/children",
            Account,
            get(accounts::children),
        ),
        ("/api/v2/accounts/{id}/users", Account, get(accounts::users)),
        ("/api/v2/accounts/{id}/usage", Account, get(usage::get)),
        (
            "/api/v2/accounts/{id}/summary",
            Account,
            get(records::summary),
        ),
        (
            "/api/v2/account_users",
            Account,
            get(users::list).post(users::post),
        ),
        (
            "/api/v2/account_users/{id}",
            Account,
            get(users::get).put(users::put).delete(users::delete),
        ),
        ("/api/v2/events", Account, get(events::latest)),
        ("/api/v2/loss", Account, get(loss::get)),
    ];
    for (path, kind) in [
        ("/api/v2/accounts/{id}/financials", Kind::Financials),
        (
            "/api/v2/accounts/{id}/support_tickets",
            Kind::SupportTickets,
        ),
        ("/api/v2/accounts/{id}/interactions", Kind::Interactions),
        ("/api/v2/accounts/{id}/notes", Kind::Notes),
    ] {
        let handlers = get(move |app, id, page| records::list(kind, app, id, page))
            .post(move |app, id, body| records::post(kind, app, id, body));
        routes.push((path, Account, handlers));
    }
    routes
}

/// The whole HTTP surface.
///
/// # Errors
/// Where a configured origin is not one.
pub fn router(app: App) -> Result<Router, CliError> {
    let (mut open, mut source, mut account) = (Router::new(), Router::new(), Router::new());
    for (path, access, handlers) in routes() {
        match access {
            Access::Open => open = open.route(path, handlers),
            Access::Source => source = source.route(path, handlers),
            Access::Account => account = account.route(path, handlers),
        }
    }
    // The fallbacks are set before the CORS layers, which then answer OPTIONS
    // in their place.
    let source = source
        .method_not_allowed_fallback(no_such_method)
        .layer(event_cors(&app.config.allow_origins)?);
    let account = account
        .method_not_allowed_fallback(no_such_method)
        .route_layer(middleware::from_fn_with_state(
            app.clone(),
            require_account_key,
        ))
        .layer(api_cors(&app.config.api_origins)?);
    Ok(open
        .merge(source)
        .merge(account)
        .merge(dashboard::router(&app))
        .fallback(dashboard::no_such_address)
        .method_not_allowed_fallback(no_such_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), watched))
        .with_state(app))
}

/// Counts and logs each answer. The log names the route's pattern and never the
/// address: keys are in paths and queries.
async fn watched(State(app): State<App>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS") => known.to_owned(),
        _ => "other".to_owned(),
    };
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), start.elapsed());
    app.metrics.count_request(&route, &method, status, took);
    let ms = took.as_secs_f64() * 1000.0;
    if status >= 500 {
        tracing::warn!(route, method, status, ms, "answered");
    } else {
        tracing::debug!(route, method, status, ms, "answered");
    }
    response
}

/// The standard library has written what and where by then.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    ApiError::Internal.into_response()
}

async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

/// Ready while commits go through. Where the last did not, one more is tried,
/// so that the answer is right again as soon as the disk is.
async fn ready(State(app): State<App>) -> Result<Json<serde_json::Value>, ApiError> {
    if !app.store.is_committing() {
        app.store.write(store::touch).await?;
    }
    Ok(Json(serde_json::json!({ "status": "ready" })))
}

async fn figures(State(app): State<App>) -> Response {
    if let Ok(bytes) = app.store.read_now(store::size) {
        app.metrics.database_bytes.set(bytes);
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.text()).into_response()
}

async fn no_such_method() -> ApiError {
    ApiError::MethodNotAllowed
}

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Pages of any origin may send events unless the operator names some. No
/// credentials: the keys are in the path, and cookies have no meaning here.
fn event_cors(origins: &[String]) -> Result<CorsLayer, CliError> {
    let allowed = if origins.is_empty() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origin_headers(origins)?)
    };
    Ok(CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::CONTENT_ENCODING])
        // Without this a page cannot see how long it is asked to wait.
        .expose_headers([HeaderName::from_static("retry-after")])
        .max_age(A_DAY))
}

/// Pages of other origins may use an account key only where the operator named
/// them: it reads everything.
fn api_cors(origins: &[String]) -> Result<CorsLayer, CliError> {
    Ok(CorsLayer::new()
        .allow_origin(AllowOrigin::list(origin_headers(origins)?))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION])
        .max_age(A_DAY))
}

fn origin_headers(origins: &[String]) -> Result<Vec<HeaderValue>, CliError> {
    origins.iter().map(|origin| origin_header(origin)).collect()
}

fn origin_header(origin: &str) -> Result<HeaderValue, CliError> {
    let is_origin = origin.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty() && !host.is_empty() && !host.contains('/')
    });
    origin.parse().ok().filter(|_| is_origin).ok_or_else(|| {
        CliError::Usage(format!(
            "{origin:?} is not an origin; write it as https://app.example.com, without a path"
        ))
    })
}

/// Our clock, in ms since the Unix epoch.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::StatusCode,
    };
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_for() {
        let router: Router = Router::new()
            .route("/", get(async || -> Response { panic!("on purpose") }))
            .layer(CatchPanicLayer::custom(panicked));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(response.into_body(), 1_000).await.unwrap();
        let error: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            error,
            serde_json::json!({ "error": ApiError::Internal.to_string() })
        );
    }
}
