//! A collector on a fresh store, called without a socket.
#![allow(dead_code, missing_docs, reason = "each suite uses its part of it")]

pub mod browser;
pub mod databases;
pub mod place;
pub mod running;
pub mod shared_runtime;
pub mod until_dropped;

use std::{
    io::Write,
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
};
use clap::Parser;
use http_body_util::BodyExt;
use natero_collector::{
    config::Config,
    http::state::App,
    model::keys::{self, NewSource, SourceKeys},
    router,
    store::Store,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use place::OnServers;
pub use place::Place;

pub const NOW: i64 = 1_700_000_000_000;
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

/// How long shipping may take: another test's transaction may delay it.
const SHIP_LIMIT: Duration = Duration::from_secs(300);

pub struct Collector {
    pub app: App,
    router: Router,
    store: OnServers,
    /// Whether anything has changed since the last shipping.
    has_changed: AtomicBool,
    /// Number of queries after a change.
    questions: AtomicUsize,
    pub source: SourceKeys,
    pub account_key: String,
    pub place: Place,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {:?}", self.text))
    }

    /// The message of an error, which always says what to do.
    #[track_caller]
    pub fn error(&self) -> String {
        let body = self.json();
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        let error = body["error"].as_str().unwrap().to_owned();
        assert!(error.len() > 20, "says too little: {error}");
        error
    }
}

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

pub fn config(flags: &[&str]) -> Config {
    let mut line = vec!["test"];
    line.extend(flags);
    Flags::parse_from(line).config
}

impl Collector {
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(flags: &[&str]) -> Self {
        Self::at(Place::new(), flags)
    }

    /// A new collector on a store that has no keys yet.
    pub fn at(place: Place, flags: &[&str]) -> Self {
        let source = SourceKeys::generate().unwrap();
        let account_key = keys::generate_account_key().unwrap();
        place.insert_keys(&source, &account_key);
        Self::open(flags, place, source, account_key)
    }

    fn open(flags: &[&str], place: Place, source: SourceKeys, account_key: String) -> Self {
        let (app, store) = place.open(Config {
            database: place.database(),
            ..config(flags)
        });
        Collector {
            router: router::router(app.clone()),
            app,
            store,
            has_changed: AtomicBool::new(false),
            questions: AtomicUsize::new(0),
            source,
            account_key,
            place,
        }
    }

    /// Continues with another open store.
    pub fn replace_store(&mut self, store: Arc<dyn Store>) {
        self.app = self.app.with_store(store);
        self.router = router::router(self.app.clone());
    }

    /// Another collector on the same store.
    pub fn restarted(self) -> Self {
        self.restarted_with(&[])
    }

    /// The same, with other settings.
    pub fn restarted_with(self, flags: &[&str]) -> Self {
        let Collector {
            app,
            router,
            store,
            source,
            account_key,
            place,
            ..
        } = self;
        drop((app, router, store));
        Self::open(flags, place, source, account_key)
    }

    /// A new viewer key, for one account and its descendants or for all accounts.
    pub fn viewer_key(&self, within: Option<&str>) -> String {
        let key = keys::generate_viewer_key().unwrap();
        self.place.insert_viewer_key(&key, within);
        key
    }

    /// The path for events of a new source.
    pub fn new_source(&self, new: &NewSource) -> String {
        let keys = SourceKeys::generate().unwrap();
        self.place.insert_source(&keys, new);
        format!("/v1/{}/{}", keys.auth_key, keys.api_key)
    }

    /// The routes, for requests that run in the background.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        // Before every second query after a change, all events are shipped, so that tests
        // cover both states.
        if request.method() != Method::GET {
            self.has_changed.store(true, Ordering::Relaxed);
        } else if self.has_changed.load(Ordering::Relaxed)
            && self.questions.fetch_add(1, Ordering::Relaxed) % 2 == 1
        {
            self.has_changed.store(false, Ordering::Relaxed);
            self.ship().await;
        }
        let router = self.router();
        let answer = async move {
            let response = router.oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await.unwrap().to_bytes();
            Answer {
                status: parts.status,
                headers: parts.headers,
                text: String::from_utf8(bytes.to_vec()).unwrap(),
            }
        };
        self.place.run(answer).await
    }

    /// Ships what has arrived, if the store has a shipper.
    pub async fn ship(&self) {
        if let Some(store) = self.store.clone() {
            // Another shipper may ship the same events at the same time.
            let shipped = async move { store.ship().await.unwrap() };
            self.place.run(shipped).await;
        }
    }

    /// Ships everything that has arrived, and advances the time until it counts as on disk.
    pub async fn ship_all(&self) {
        if let Some(store) = self.store.clone() {
            // Another test's transaction may be older than the events.
            let shipped = async move {
                while !store.ship().await.unwrap() || store.freshness().await.unwrap().events > 0 {
                    tokio::task::yield_now().await;
                }
            };
            let shipped = self.place.run(tokio::time::timeout(SHIP_LIMIT, shipped));
            shipped.await.expect("all of it is shipped");
            self.place.let_flush();
        }
    }

    /// Checks that the figures agree with the stored events.
    pub async fn check_figures(&self) {
        self.ship_all().await;
        self.place.check_figures();
    }

    /// Deletes events before a time, as `--keep-raw` does, and returns their number.
    pub async fn prune(&self, before: i64) -> usize {
        self.ship_all().await;
        let store = Arc::clone(&self.app.store);
        let pruned = async move {
            let mut events = 0;
            loop {
                let pruned = store.prune(before).await.unwrap();
                events += pruned.events;
                if pruned.is_done {
                    return events;
                }
            }
        };
        self.place.run(pruned).await
    }

    pub fn events_path(&self) -> String {
        format!("/v1/{}/{}", self.source.auth_key, self.source.api_key)
    }

    pub async fn post(&self, body: impl Into<Body>) -> Answer {
        let request = Request::post(self.events_path())
            .header("content-type", "application/json")
            .body(body.into())
            .unwrap();
        self.ask(request).await
    }

    /// Sends events unchanged, and expects all of them to be accepted.
    #[track_caller]
    pub fn send(&self, events: Vec<Value>) -> impl Future<Output = Value> {
        let count = events.len();
        async move {
            let answer = self.post(ndjson(&events)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            let receipt = answer.json();
            assert_eq!(receipt["accepted"], count, "{receipt}");
            receipt
        }
    }

    /// Sends a request with the account key.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{path}{separator}api_key={}", self.account_key));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
        self.ask(request.body(body).unwrap()).await
    }

    /// The same, for a change that succeeds.
    #[track_caller]
    pub fn change(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> impl Future<Output = Value> {
        let caller = Location::caller();
        async move {
            let answer = self.call(method, path, body).await;
            assert_eq!(
                answer.status, 200,
                "{caller}: {method} {path}: {}",
                answer.text
            );
            answer.json()
        }
    }

    /// Sends a GET request with the account key, and expects 200.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// The integer that a statement returns. Both kinds of database must understand it.
    pub fn count(&self, sql: &str) -> i64 {
        self.place.count(sql)
    }
}

/// A feature event; the tag makes it distinct from others.
pub fn feature(account: &str, user: &str, feature: &str, tag: impl ToString) -> Value {
    json!({
        "account_id": account, "user_id": user, "session_id": format!("{user}-1"),
        "created_at": NOW, "action": "feature", "feature": feature,
        "event_id": tag.to_string(),
    })
}

/// `event` with further fields.
pub fn with(mut event: Value, fields: Value) -> Value {
    let (Value::Object(event_fields), Value::Object(fields)) = (&mut event, fields) else {
        panic!("both are objects");
    };
    event_fields.extend(fields);
    event
}

pub fn ndjson(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}
