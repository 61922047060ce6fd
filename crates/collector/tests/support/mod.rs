//! A collector on a fresh database, asked without a socket.
#![allow(dead_code, missing_docs, reason = "each suite uses its part of it")]

use std::{io::Write, path::PathBuf, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use clap::Parser;
use http_body_util::BodyExt;
use natero_collector::{
    config::Config,
    http::{limits::Admission, state::App},
    model::keys::{self, NewSource, SourceKeys},
    router,
    store::sqlite::{Options, SqliteStore as Store, keys as stored_keys},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

pub const NOW: i64 = 1_700_000_000_000;
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;

pub struct Collector {
    pub app: App,
    pub router: Router,
    pub store: Arc<Store>,
    pub admission: Arc<Admission>,
    pub source: SourceKeys,
    pub account_key: String,
    pub db: PathBuf,
    _folder: TempDir,
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

    /// The body of an error, which always says what to do in words.
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
        let folder = TempDir::new().unwrap();
        let db = folder.path().join("natero.db");
        let source = SourceKeys::generate().unwrap();
        let account_key = keys::generate_account_key().unwrap();
        let mut conn = Store::open_for_command(&db).unwrap();
        stored_keys::insert_source(&mut conn, &source, &NewSource::default(), NOW).unwrap();
        stored_keys::insert_account_key(&mut conn, &account_key, "tests", NOW).unwrap();
        drop(conn);
        Self::open(flags, folder, db, source, account_key)
    }

    fn open(
        flags: &[&str],
        folder: TempDir,
        db: PathBuf,
        source: SourceKeys,
        account_key: String,
    ) -> Self {
        let mut config = config(flags);
        config.database.db = db.clone();
        let options = Options {
            max_bytes: config.max_db_bytes,
            ..Options::default()
        };
        let metrics = Arc::clone(&options.metrics);
        let store = Arc::new(Store::open(&db, options).unwrap());
        let newest = store.newest_received_at().unwrap_or(None);
        let app = App::new(config, Arc::clone(&store) as _, newest, metrics);
        let admission = Arc::clone(&app.admission);
        let router = router::router(app.clone()).unwrap();
        Collector {
            app,
            router,
            store,
            admission,
            source,
            account_key,
            db,
            _folder: folder,
        }
    }

    /// Another collector on the same file.
    pub fn restarted(self) -> Self {
        let Collector {
            app,
            router,
            store,
            source,
            account_key,
            db,
            _folder: folder,
            ..
        } = self;
        drop((app, router, store));
        Self::open(&[], folder, db, source, account_key)
    }

    /// A new viewer key, for one account and what is below it or for all.
    pub fn viewer_key(&self, within: Option<&str>) -> String {
        let key = keys::generate_viewer_key().unwrap();
        stored_keys::insert_viewer_key(&mut self.sql(), &key, "viewer", within, NOW).unwrap();
        key
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
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

    /// Sends events as they are, and expects all of them to be accepted.
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

    /// GETs with the account key and expects 200.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// The file, with everything that was answered in its tables.
    pub fn sql(&self) -> Connection {
        // A command spreads the inbox when it opens the file.
        drop(Store::open_for_command(&self.db));
        Connection::open(&self.db).unwrap()
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.sql().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A feature event; give a tag to make it unlike others.
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
