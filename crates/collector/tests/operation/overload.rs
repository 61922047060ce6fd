//! More than a collector can or may do.

use std::{sync::Arc, time::Instant};

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use natero_collector::model::keys::SourceId as SourceRow;
use serde_json::json;
use tower::ServiceExt;

use crate::{open, support::*};

#[tokio::test]
async fn while_another_process_holds_the_write_lock_batches_are_answered_503_and_taken_after_it() {
    let collector = Collector::new();
    // As `natero-collector rebuild` does.
    let other = collector.sql();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let batch = ndjson(&[feature("acme", "ann", "export", 1)]);
    let held = collector.post(batch.clone()).await;
    assert_eq!(held.status, 503, "{}", held.text);
    assert!(held.headers.contains_key("retry-after"));
    held.error();
    // What is read is answered meanwhile.
    assert_eq!(collector.get("/api/v2/accounts").await["total"], 0);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(collector.post(batch).await.json()["accepted"], 1);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 1);
}

#[tokio::test]
async fn a_full_store_answers_503_and_takes_events_again_once_there_is_room() {
    let collector = Collector::with(&["--max-db-bytes", "400000"]);
    assert_eq!(open(&collector, "/readyz").await.status, 200);
    let padding = "x".repeat(3000);
    let batch = |no: usize| {
        let event = feature("acme", "ann", "export", no);
        ndjson(&[with(event, json!({"details": {"padding": padding}}))])
    };
    let mut accepted = 0;
    let full = loop {
        let answer = collector.post(batch(accepted)).await;
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
        assert!(accepted < 1000, "it never fills up");
    };
    assert_eq!(full.status, 503);
    assert!(full.headers.contains_key("retry-after"));
    full.error();
    assert_eq!(open(&collector, "/healthz").await.status, 200);
    let usage = collector.get("/api/v2/accounts/acme/usage").await;
    assert_eq!(
        usage["totals"]["events"], accepted,
        "what was answered is there, and no more"
    );
    assert_eq!(
        collector.count("SELECT COUNT(*) FROM events"),
        accepted as i64
    );

    collector
        .sql()
        .execute("DELETE FROM events WHERE id % 2 = 0", [])
        .unwrap();
    assert_eq!(
        collector.post(batch(accepted)).await.status,
        200,
        "the same batch, again"
    );
    assert_eq!(open(&collector, "/readyz").await.status, 200);
}

#[tokio::test]
async fn while_more_waits_for_the_writer_than_can_be_done_soon_batches_are_told_to_come_back() {
    let collector = Collector::with(&["--rate-limit", "0"]);
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let store = Arc::clone(&collector.store);
    let held = tokio::spawn(async move {
        store
            .write(move |_| {
                let _ = wait.recv();
                Ok(())
            })
            .await
    });
    let mut asking = tokio::task::JoinSet::new();
    // More than the queue and a group of the writer, which may take what waits before it is held.
    for no in 0..1400 {
        let event = feature("acme", "ann", "x", no).to_string();
        let request = Request::post(collector.events_path())
            .header("origin", "https://app.example.com")
            .body(Body::from(event));
        asking.spawn(collector.router.clone().oneshot(request.unwrap()));
    }
    let first = asking.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(first.status(), 429, "the others wait");
    assert!(first.headers().contains_key("retry-after"));
    assert_eq!(
        first.headers()["access-control-expose-headers"],
        "retry-after",
        "a page can read it"
    );
    let body = first.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("Retry-After"));
    go_on.send(()).unwrap();
    held.await.unwrap().unwrap();
    let mut taken = 0;
    while let Some(answer) = asking.join_next().await {
        let status = answer.unwrap().unwrap().status().as_u16();
        assert!(status == 200 || status == 429, "{status}");
        taken += i64::from(status == 200);
    }
    assert!((1000..1400).contains(&taken), "{taken}");
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), taken);
}

#[tokio::test]
async fn a_fault_of_the_store_is_told_without_its_details() {
    let collector = Collector::new();
    collector
        .send(vec![feature("acme", "ann", "export", 1)])
        .await;
    collector
        .sql()
        .execute_batch("DROP TABLE account_records")
        .unwrap();
    let answer = collector
        .call("GET", "/api/v2/accounts/acme/notes", None)
        .await;
    assert_eq!(answer.status, 500);
    assert!(
        !answer.error().contains("account_records"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn more_bodies_than_fit_are_told_to_come_back() {
    let collector = Collector::new();
    let source = SourceRow::from_number(1).unwrap();
    let mut held = collector.admission.room(source);
    held.grow(16 * 1024 * 1024, Instant::now()).unwrap();
    let event = feature("acme", "ann", "export", 1).to_string();
    let answer = collector.post(event.clone()).await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    answer.error();
    drop(held);
    assert_eq!(collector.post(event).await.status, 200);
}
