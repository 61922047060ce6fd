//! The file's only writer, and its queue.

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::{
    file::{OnFile, collector, collector_and_store},
    support::*,
};

#[tokio::test]
async fn while_another_process_holds_the_write_lock_batches_are_answered_503_and_taken_after_it() {
    let collector = collector();
    // As `natero-collector rebuild` does.
    let other = collector.sql();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let batch = ndjson(&[feature("acme", "ann", "export", 1)]);
    let held = collector.post(batch.clone()).await;
    assert_eq!(held.status, 503, "{}", held.text);
    assert!(held.headers.contains_key("retry-after"));
    held.error();
    // Reads are answered meanwhile.
    assert_eq!(collector.get("/api/v2/accounts").await["total"], 0);
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(collector.post(batch).await.json()["accepted"], 1);
    assert_eq!(collector.count("SELECT COUNT(*) FROM events"), 1);
}

#[tokio::test]
async fn while_more_waits_for_the_writer_than_can_be_done_soon_batches_are_told_to_come_back() {
    let (collector, store) = collector_and_store(&["--rate-limit", "0"]);
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let held = tokio::spawn(async move {
        store
            .write(move |_| {
                let _ = wait.recv();
                Ok(())
            })
            .await
    });
    let mut asking = tokio::task::JoinSet::new();
    // More than fit into the queue and one group of the writer. The writer may take a group
    // before it is blocked.
    for no in 0..1400 {
        let event = feature("acme", "ann", "x", no).to_string();
        let request = Request::post(collector.events_path())
            .header("origin", "https://app.example.com")
            .body(Body::from(event));
        asking.spawn(collector.router().oneshot(request.unwrap()));
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

/// With a lower priority, the scheduler prefers every thread of ingestion.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn reports_run_on_threads_of_a_lower_priority() {
    let collector = collector();
    collector.get("/api/v2/accounts").await;
    let niceness = |name: &str| -> Vec<i64> {
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        threads
            .filter_map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")).ok())
            .filter(|stat| stat.contains(&format!("({name})")))
            .map(|stat| {
                let (_, fields) = stat.rsplit_once(") ").unwrap();
                fields.split(' ').nth(16).unwrap().parse().unwrap()
            })
            .collect()
    };
    let writers = niceness("writer");
    let lowest = writers.iter().max().unwrap();
    let readers = niceness("reader");
    assert!(
        readers
            .iter()
            .any(|reader| reader >= &(lowest + 10).min(19)),
        "{readers:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn another_program_sees_the_events_a_moment_later() {
    let collector = collector();
    for no in 0..100 {
        collector
            .send(vec![feature("acme", "ann", "export", no)])
            .await;
    }
    let other = rusqlite::Connection::open(collector.db()).unwrap();
    let stored = || -> i64 {
        let count = other.query_row("SELECT COUNT(*) FROM events", [], |row| row.get(0));
        count.unwrap()
    };
    while stored() < 100 {
        tokio::task::yield_now().await;
    }
}
