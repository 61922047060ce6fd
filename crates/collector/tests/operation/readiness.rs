//! Whether a collector says that it cannot take batches.

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
use natero_collector::{clock::now_ms, http::state::App, router::router};
use rusqlite::Connection;
use serde_json::json;
use tower::ServiceExt;

use crate::support::*;

/// A further collector on an existing file.
async fn reopen(db: &Path, flags: &[&str]) -> Router {
    let mut config = config(flags);
    config.database.db = db.to_owned();
    router(App::open(config).await.unwrap()).unwrap()
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

/// A copy of the file with one page of noise.
fn damaged(db: &Path, page: u64) -> PathBuf {
    let copy = db.with_file_name(format!("damaged-{page}.db"));
    std::fs::copy(db, &copy).unwrap();
    let file = std::fs::File::options().write(true).open(&copy).unwrap();
    file.write_all_at(&[0xA5; 4096], (page - 1) * 4096).unwrap();
    copy
}

#[tokio::test]
async fn a_damaged_page_of_any_index_or_table_is_noticed_before_and_after_a_batch() {
    let collector = Collector::new();
    for no in 0..40 {
        let event = with(
            feature("acme", &format!("user {no}"), "export", no),
            json!({"stream_id": format!("stream {no}"), "seq": 0}),
        );
        collector.send(vec![event]).await;
    }
    collector.store.close().await;
    let pages = pages(&collector.db);
    assert!(pages.len() > 12, "{pages:?}");
    for (name, page) in pages {
        let copy = damaged(&collector.db, page);
        assert_eq!(ready(&reopen(&copy, &[]).await).await, 503, "{name}");

        let router = reopen(&copy, &[]).await;
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
async fn asking_for_readiness_leaves_nothing_behind() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let counts = || {
        [
            "sources",
            "accounts",
            "users",
            "events",
            "sessions",
            "names",
            "streams",
            "usage_segments",
        ]
        .map(|table| collector.count(&format!("SELECT COUNT(*) FROM {table}")))
    };
    let before = counts();
    for _ in 0..50 {
        assert_eq!(ready(&collector.router).await, 200);
    }
    assert_eq!(counts(), before);
}

#[tokio::test]
async fn while_the_clock_stands_before_the_newest_event_batches_are_answered_503() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    let received = |at: i64| {
        let sql = "UPDATE events SET received_at = ?1";
        collector.sql().execute(sql, [at]).unwrap();
    };
    let path = collector.events_path();
    // To a clock that is two days behind, a fresh event is of the future.
    let fresh = with(
        feature("acme", "ann", "export", 2),
        json!({"created_at": now_ms() + 2 * DAY}),
    );
    received(now_ms() + 2 * DAY);
    let behind = reopen(&collector.db, &[]).await;
    let (status, headers, text) = post(&behind, &path, ndjson(&[fresh])).await;
    assert_eq!(status, 503, "{text}");
    assert!(headers.contains_key("retry-after"));
    assert!(text.contains("clock"), "{text}");
    assert_eq!(ready(&behind).await, 503);

    let again = || feature("acme", "ann", "export", 3).to_string();
    let trusted = reopen(&collector.db, &["--trust-clock"]).await;
    assert_eq!(post(&trusted, &path, again()).await.0, 200);
    assert_eq!(ready(&trusted).await, 200);
    let right = reopen(&collector.db, &[]).await;
    assert_eq!(ready(&right).await, 200, "the newest is of the right clock");

    received(now_ms() + 20_000);
    let stepped = reopen(&collector.db, &[]).await;
    assert_eq!(post(&stepped, &path, again()).await.0, 200, "a small step");
}
