//! A proxy between a browser and the collector's dashboard, which records what goes wrong in
//! the pages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const REPORTS: &str = "/policy-reports";
const WATCH: &str = "/watch.js";

/// Forwards everything, with two changes: the content security policy of each page makes the
/// browser report violations, and each page records its errors (`pages/watch.js`). It stops
/// when it is dropped.
pub struct Front {
    origin: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    behind: String,
    client: reqwest::Client,
    reports: Mutex<Vec<Value>>,
    is_cut_off: AtomicBool,
}

impl Front {
    /// A proxy for the collector at this address.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn before(collector: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            behind: collector.to_owned(),
            client: reqwest::Client::builder()
                .redirect(Policy::none())
                .build()?,
            reports: Mutex::default(),
            is_cut_off: AtomicBool::default(),
        });
        let script = include_str!("../pages/watch.js");
        let router = Router::new()
            .route(REPORTS, post(report))
            .route(
                WATCH,
                get(async move || ([(header::CONTENT_TYPE, "text/javascript")], script)),
            )
            .fallback(pass_on)
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            // This only ends when the socket fails, and then no page loads.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            origin,
            shared,
            server,
        })
    }

    /// The address of `path`, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Answers every request with an error, or forwards requests again.
    pub fn cut_off(&self, is_cut_off: bool) {
        self.shared.is_cut_off.store(is_cut_off, Ordering::Relaxed);
    }

    /// The reports of browsers so far, one for each violation of a page's content security
    /// policy.
    #[must_use]
    pub fn reports(&self) -> Vec<Value> {
        let reports = self.shared.reports.lock();
        reports.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn report(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let report = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let mut reports = shared
        .reports
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    reports.push(report);
    StatusCode::NO_CONTENT
}

async fn pass_on(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if shared.is_cut_off.load(Ordering::Relaxed) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    match shared.pass_on(request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

impl Shared {
    async fn pass_on(&self, request: Request) -> Result<Response> {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await?;
        let answer = self
            .client
            .request(head.method, format!("{}{}", self.behind, head.uri))
            // Keeps the host that the browser used, because pages check where a form came
            // from.
            .headers(head.headers)
            .body(body)
            .send()
            .await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        let mut body = answer.bytes().await?;
        for of_the_connection in [header::TRANSFER_ENCODING, header::CONNECTION] {
            headers.remove(of_the_connection);
        }
        if let Some(policy) = headers.get(header::CONTENT_SECURITY_POLICY) {
            let policy = format!("{}; report-uri {REPORTS}", policy.to_str()?);
            headers.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::try_from(policy)?,
            );
            if body.starts_with(b"<!DOCTYPE html>") {
                let page = std::str::from_utf8(&body)?;
                ensure!(page.contains("<head>"), "a page without a head: {page}");
                let watched = format!("<head><script src=\"{WATCH}\"></script>");
                body = page.replacen("<head>", &watched, 1).into();
                headers.remove(header::CONTENT_LENGTH);
            }
        }
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}
