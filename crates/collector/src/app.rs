//! The HTTP surface, and putting it on a socket.

use std::{
    future::Future,
    io::Write,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    http::{HeaderName, HeaderValue, Method, header},
    middleware,
    routing::{get, post},
    serve::ListenerExt,
};
use tokio::net::TcpListener;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    accounts, cli::CliError, config::Config, error::ApiError, ingest, keys::require_account_key,
    loss, records, rollup::Kind, store::Store, usage, users,
};

/// What every handler may use.
#[derive(Debug, Clone)]
pub struct App {
    /// The open database.
    pub store: Arc<Store>,
    /// Settings of this run.
    pub config: Arc<Config>,
}

/// The whole HTTP surface.
///
/// # Errors
/// Where a configured origin is not one.
pub fn router(app: App) -> Result<Router, CliError> {
    let events = Router::new()
        .route("/v1/{auth_key}/{api_key}", post(ingest::post))
        // Set before the layer, which then answers OPTIONS in its place.
        .method_not_allowed_fallback(no_such_method)
        .layer(event_cors(&app.config.allow_origins)?);
    let mut api = Router::new()
        .route("/api/v2/accounts", get(accounts::list).post(accounts::post))
        .route(
            "/api/v2/accounts/{id}",
            get(accounts::get)
                .put(accounts::put)
                .delete(accounts::delete),
        )
        .route("/api/v2/accounts/{id}/children", get(accounts::children))
        .route("/api/v2/accounts/{id}/users", get(accounts::users))
        .route("/api/v2/account_users", get(users::list).post(users::post))
        .route(
            "/api/v2/account_users/{id}",
            get(users::get).put(users::put).delete(users::delete),
        )
        .route("/api/v2/accounts/{id}/usage", get(usage::get))
        .route("/api/v2/accounts/{id}/summary", get(records::summary))
        .route("/api/v2/loss", get(loss::get));
    for (path, kind) in RECORDS {
        api = api.route(
            path,
            get(move |app, id, page| records::list(kind, app, id, page))
                .post(move |app, id, body| records::post(kind, app, id, body)),
        );
    }
    let api = api.route_layer(middleware::from_fn_with_state(
        app.clone(),
        require_account_key,
    ));
    Ok(Router::new()
        .route("/healthz", get(health))
        .merge(events)
        .merge(api)
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .with_state(app))
}

const RECORDS: [(&str, Kind); 4] = [
    ("/api/v2/accounts/{id}/financials", Kind::Financials),
    (
        "/api/v2/accounts/{id}/support_tickets",
        Kind::SupportTickets,
    ),
    ("/api/v2/accounts/{id}/interactions", Kind::Interactions),
    ("/api/v2/accounts/{id}/notes", Kind::Notes),
];

async fn health() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

async fn no_such_route() -> ApiError {
    ApiError::NotFound("no such address; /openapi.json lists those there are".into())
}

async fn no_such_method() -> ApiError {
    ApiError::MethodNotAllowed
}

/// Pages of any origin may send events unless the operator names some. No
/// credentials: the keys are in the path, and cookies have no meaning here.
fn event_cors(origins: &[String]) -> Result<CorsLayer, CliError> {
    let allowed = if origins.is_empty() {
        AllowOrigin::any()
    } else {
        let values = origins
            .iter()
            .map(|origin| origin_header(origin))
            .collect::<Result<Vec<_>, _>>()?;
        AllowOrigin::list(values)
    };
    Ok(CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::CONTENT_ENCODING])
        // Without this a page cannot see how long it is asked to wait.
        .expose_headers([HeaderName::from_static("retry-after")])
        .max_age(Duration::from_secs(24 * 60 * 60)))
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

/// Serves until `shutdown` is done, then answers what was begun, commits what
/// was accepted, and returns.
///
/// # Errors
/// Where the database or the socket fails.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CliError> {
    let store = Arc::new(Store::open(&config.database.db)?);
    let app = App {
        store: Arc::clone(&store),
        config: Arc::new(config),
    };
    let router = router(app)?;
    let io = |what: &str| {
        let what = what.to_owned();
        move |cause| CliError::Io { what, cause }
    };
    let address = listener
        .local_addr()
        .map_err(io("asking for our address"))?;
    {
        let mut stdout = std::io::stdout();
        let _ = writeln!(stdout, "listening on http://{address}");
        let _ = stdout.flush();
    }
    // Answers are one small write each; waiting to fill a packet only delays them.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let served = axum::serve(listener, router)
        .with_graceful_shutdown(shutdown)
        .await;
    store.close().await;
    served.map_err(io("serving"))
}

/// Done at SIGTERM or SIGINT.
///
/// # Errors
/// Where signals cannot be waited for.
pub fn termination() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Our clock, in ms since the Unix epoch.
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}
