//! A damaged file, and how a collector handles it.

use std::{
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request},
};
use http_body_util::BodyExt;
use natero_collector::{http::state::App, router::router};
use rusqlite::Connection;
use serde_json::json;
use tower::ServiceExt;

use crate::{
    file::{OnFile, collector},
    support::*,
};

/// Another collector on an existing file.
async fn reopen(db: &Path) -> Router {
    let mut config = config(&[]);
    config.database.db = db.to_owned();
    router(App::open(config).await.unwrap())
}

async fn ask(router: &Router, request: Request<Body>) -> (u16, HeaderMap, String) {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    (parts.status.as_u16(), parts.headers, text)
}

async fn ready(router: &Router) -> u16 {
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    ask(router, request).await.0
}

async fn post(router: &Router, path: &str, body: String) -> (u16, HeaderMap, String) {
    ask(router, Request::post(path).body(body.into()).unwrap()).await
}

/// The first page of each index and table that a batch writes to.
fn pages(db: &Path) -> Vec<(String, u64)> {
    let conn = Connection::open(db).unwrap();
    let mut statement = conn
        .prepare(
            "SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0 AND tbl_name IN
                 ('events_2023_11', 'event_ids', 'accounts', 'users', 'streams', 'sessions', 'names', 'usage_segments')
             AND name <> 'accounts_by_parent'",
        )
        .unwrap();
    let pages = statement
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, u32>(1)?.into())))
        .unwrap();
    pages.map(Result::unwrap).collect()
}

/// A copy of the file in which one page is overwritten with noise.
fn damaged(db: &Path, page: u64) -> PathBuf {
    let copy = db.with_file_name(format!("damaged-{page}.db"));
    std::fs::copy(db, &copy).unwrap();
    let file = std::fs::File::options().write(true).open(&copy).unwrap();
    file.write_all_at(&[0xA5; 4096], (page - 1) * 4096).unwrap();
    copy
}

#[tokio::test]
async fn a_damaged_page_of_any_index_or_table_is_noticed_before_and_after_a_batch() {
    let collector = collector();
    for no in 0..40 {
        let event = with(
            feature("acme", &format!("user {no}"), "export", no),
            json!({"stream_id": format!("stream {no}"), "seq": 0}),
        );
        collector.send(vec![event]).await;
    }
    collector.app.store.close().await;
    let pages = pages(&collector.db());
    assert!(pages.len() > 12, "{pages:?}");
    for (name, page) in pages {
        let copy = damaged(&collector.db(), page);
        assert_eq!(ready(&reopen(&copy).await).await, 503, "{name}");

        let router = reopen(&copy).await;
        let event = feature("new", "new user", "new feature", "new");
        let event = with(
            event,
            json!({"stream_id": "new", "seq": 0, "session_id": "new"}),
        );
        let (status, headers, text) =
            post(&router, &collector.events_path(), ndjson(&[event])).await;
        if status != 200 {
            assert_eq!(status, 503, "{name}: {text}");
            assert!(headers.contains_key("retry-after"), "{name}");
        }
        assert_eq!(ready(&router).await, 503, "{name}");
        assert_eq!(ready(&router).await, 503, "{name}: it stays damaged");
    }
}

#[tokio::test]
async fn asking_for_readiness_leaves_nothing_in_any_table() {
    let collector = collector();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let counts = || {
        ["events", "sessions", "names", "streams", "usage_segments"]
            .map(|table| collector.count(&format!("SELECT COUNT(*) FROM {table}")))
    };
    let before = counts();
    let router = reopen(&collector.db()).await;
    for _ in 0..50 {
        assert_eq!(ready(&router).await, 200);
    }
    assert_eq!(counts(), before);
}
