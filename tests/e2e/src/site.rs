//! A static site on loopback, which is the origin of the host page.

use std::collections::HashMap;
use std::future::IntoFuture;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use axum_server::tls_rustls::RustlsConfig;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::services::ServeDir;

use crate::collector::Source;
use crate::gate::{Gate, Hold};
use crate::wait;

/// Serves files from folders, and documents that a test adds, which take precedence. It stops
/// when it is dropped.
pub struct Site {
    origin: String,
    shared: Arc<Shared>,
    server: JoinHandle<io::Result<()>>,
}

#[derive(Default)]
struct Shared {
    documents: Mutex<HashMap<String, (&'static str, String)>>,
    holds: Mutex<Vec<(String, Gate)>>,
    requests: Mutex<Vec<String>>,
    cacheable: AtomicBool,
    isolated: AtomicBool,
}

impl Site {
    /// Serves each folder under its prefix (`""` for the root) on a free port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(folders: &[(&str, &Path)]) -> Result<Self> {
        let (router, shared) = router(folders);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        // The head and the body of a file are written separately. Without this setting, the
        // body would wait 40 ms for the browser to acknowledge the head.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        // This only ends when the listening socket fails, and then every page of the test
        // fails to load.
        let server = axum::serve(listener, router).into_future();
        Ok(Self {
            origin,
            shared,
            server: tokio::spawn(server),
        })
    }

    /// As [`Site::start`], over HTTPS with a self-signed certificate.
    ///
    /// # Errors
    /// When no port is free or no certificate can be made.
    pub async fn start_https(folders: &[(&str, &Path)]) -> Result<Self> {
        let (router, shared) = router(folders);
        let listener = TcpListener::bind("127.0.0.1:0").await?.into_std()?;
        let origin = format!("https://{}", listener.local_addr()?);
        let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        // An error means that another test has already installed one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let tls = RustlsConfig::from_der(
            vec![signed.cert.der().to_vec()],
            signed.signing_key.serialize_der(),
        )
        .await?;
        let server = axum_server::from_tcp_rustls(listener, tls)?.serve(router.into_make_service());
        Ok(Self {
            origin,
            shared,
            server: tokio::spawn(server),
        })
    }
    /// The folder of the harness's own pages.
    #[must_use]
    pub fn pages() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/pages"))
    }

    /// The folder of the examples.
    #[must_use]
    pub fn examples() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
    }

    /// The address of `path`, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Adds an HTML document at `path`, which takes precedence over the folders.
    pub fn put_html(&self, path: &str, html: impl Into<String>) {
        self.put(path, "text/html; charset=utf-8", html.into());
    }

    /// Adds a script at `path`, which takes precedence over the folders.
    pub fn put_script(&self, path: &str, script: impl Into<String>) {
        self.put(path, "text/javascript; charset=utf-8", script.into());
    }

    /// Adds a style sheet at `path`, which takes precedence over the folders.
    pub fn put_css(&self, path: &str, css: impl Into<String>) {
        self.put(path, "text/css; charset=utf-8", css.into());
    }

    /// Adds a page at `path` that tracks as soon as it is loaded: as [`Page::track`], but
    /// with page views and tracking of unload, and with `window.clock`.
    ///
    /// [`Page::track`]: crate::page::Page::track
    pub fn put_tracked(&self, path: &str, endpoint: &str, source: &Source, settings: &Value) {
        let given = json!({ "endpoint": endpoint, "source": source, "settings": settings });
        self.put_html(
            path,
            format!(
                r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>{path}</title>
<script src="/watch.js"></script><script src="/clock.js"></script>
<script type="module">
  import {{ na }} from "/pkg/inline.js";
  const {{ endpoint, source, settings }} = {given};
  window.na = na;
  window.problems = [];
  clock.start();
  window._na = new na(source.api_key, source.auth_key, {{
    endpoint, accountId: "acme", userId: "ann@acme.example", flushInterval: 50,
    onError: (problem) => problems.push(problem), ...settings }});
  window.tracking = await _na.ready;
</script></head>
<body><h1>{path}</h1><div style="height: 4000px"></div></body></html>"#
            ),
        );
    }

    /// Lets browsers cache what they load. Only then does every browser put pages into the
    /// back/forward cache.
    pub fn allow_caching(&self) {
        self.shared.cacheable.store(true, Ordering::SeqCst);
    }

    /// Isolates its pages from other origins. Isolated pages have a clock with a resolution
    /// of 5 µs instead of 100 µs.
    pub fn isolate(&self) {
        self.shared.isolated.store(true, Ordering::SeqCst);
    }

    /// Adds a JSON document at `path`, which takes precedence over the folders.
    pub fn put_json(&self, path: &str, json: &Value) {
        self.put(path, "application/json", json.to_string());
    }

    /// Removes what a test added at `path`.
    pub fn remove(&self, path: &str) {
        locked(&self.shared.documents).remove(path);
    }

    fn put(&self, path: &str, content_type: &'static str, body: String) {
        locked(&self.shared.documents).insert(path.to_owned(), (content_type, body));
    }

    /// Delays the answers for paths with this ending.
    #[must_use]
    pub fn hold(&self, ending: &str) -> Hold {
        let (hold, gate) = Hold::new();
        locked(&self.shared.holds).push((ending.to_owned(), gate));
        hold
    }

    /// Number of requests for paths with this ending, including delayed ones.
    #[must_use]
    pub fn requested(&self, ending: &str) -> usize {
        locked(&self.shared.requests)
            .iter()
            .filter(|path| path.ends_with(ending))
            .count()
    }

    /// Waits until a path with this ending is requested.
    ///
    /// # Errors
    /// When it is never requested.
    pub async fn until_requested(&self, ending: &str) -> Result<()> {
        wait::until_true(&format!("a request for …{ending}"), async || {
            Ok(self.requested(ending) > 0)
        })
        .await
        .context("the page did not ask for it")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn router(folders: &[(&str, &Path)]) -> (Router, Arc<Shared>) {
    let shared = Arc::new(Shared::default());
    let mut router = Router::new();
    for (prefix, folder) in folders {
        router = match *prefix {
            "" => router.fallback_service(ServeDir::new(folder)),
            prefix => router.nest_service(prefix, ServeDir::new(folder)),
        };
    }
    let router = router.layer(from_fn_with_state(Arc::clone(&shared), before_files));
    (router, shared)
}

async fn before_files(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    locked(&shared.requests).push(path.clone());
    let held: Vec<_> = locked(&shared.holds)
        .iter()
        .filter(|(ending, _)| path.ends_with(ending))
        .map(|(_, gate)| gate.clone())
        .collect();
    for gate in held {
        gate.passed().await;
    }
    let document = locked(&shared.documents).get(&path).cloned();
    let mut response = match document {
        Some((content_type, body)) => {
            (StatusCode::OK, [(CONTENT_TYPE, content_type)], body).into_response()
        }
        None => next.run(request).await,
    };
    // Nothing is cached, so that every load in a test is a first load.
    if !shared.cacheable.load(Ordering::SeqCst) {
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if shared.isolated.load(Ordering::SeqCst) {
        for (name, value) in [
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "credentialless"),
        ] {
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

/// Ignores poisoning, so that a panicking test does not prevent the server's answers.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A document that runs a script and then sets `window.na` to the class of the package,
/// without constructing a tracker.
#[must_use]
pub fn class_page(before: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title>
<script src="/watch.js"></script><script>{before}</script>
<script type="module">
  import {{ na }} from "/pkg/inline.js";
  window.na = na;
</script></head><body><h1>page</h1></body></html>"#
    )
}
