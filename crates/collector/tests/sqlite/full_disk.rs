//! A store that has no room left.

use std::{collections::HashSet, process::Command};

use axum::{body::Body, http::Request};
use serde_json::{Value, json};

use crate::{
    file::{OnFile, collector_with},
    running::{BINARY, Client, Running, batches_of_new_source, json_of, natero},
    support::*,
};

async fn open(collector: &Collector, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty()).unwrap();
    collector.ask(request).await
}

/// A batch of twenty events, which are distinct from all others.
fn batch(name: &str, padding: &str) -> String {
    let events = (0..20).map(|no| {
        with(
            feature("acme", "ann", "export", format!("{name}/{no}")),
            json!({"stream_id": name, "seq": no, "url": padding}),
        )
    });
    ndjson(&events.collect::<Vec<_>>())
}

/// Checks that each batch is stored completely or not at all, and that all acknowledged ones
/// are stored.
fn check(place: &Place, answered: &HashSet<String>) {
    let exported = natero(place, &["export"]);
    let text = String::from_utf8(exported.stdout).unwrap();
    let mut kept: std::collections::HashMap<String, usize> = Default::default();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let stream = event["stream_id"].as_str().unwrap();
        *kept.entry(stream.to_owned()).or_default() += 1;
    }
    assert!(kept.values().all(|events| *events == 20), "{kept:?}");
    let is_lost = |name: &&String| !kept.contains_key(*name);
    let lost: Vec<_> = answered.iter().filter(is_lost).collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    place.check_figures();
}

/// Lifts the limit on file sizes.
fn lift_limit(running: &Running) {
    let pid = running.child.id().to_string();
    let raised = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited"])
        .status();
    assert!(raised.unwrap().success());
}

/// Uses the operating system's limit on file sizes: beyond it, writes fail as they do on a
/// full disk.
#[test]
fn a_disk_that_is_full_is_answered_503_and_recovered_from() {
    let place = Place::file();
    let keys = json_of(natero(&place, &["keys", "create", "source", "--json"]));
    let part = |name: &str| keys[name].as_str().unwrap().to_owned();
    let target = format!("POST /v1/{}/{}", part("auth_key"), part("api_key"));
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -S -f 4096; exec \"$0\" \"$@\""])
        .arg(BINARY);
    let running = Running::start_by(limited, &place);
    let mut client = running.client();
    let mut answered = HashSet::new();
    let padding = "x".repeat(2000);
    let mut send = |client: &mut Client, no: usize| {
        let name = format!("b{no}");
        let (status, body) = client.request(&target, &batch(&name, &padding)).unwrap();
        if status == 200 {
            answered.insert(name);
        }
        (status, body)
    };
    let full = (0..)
        .map(|no| send(&mut client, no))
        .find(|(status, _)| *status != 200)
        .unwrap();
    assert_eq!(full.0, 503, "{}", full.1);
    let body: Value = serde_json::from_str(&full.1).unwrap();
    assert!(body["error"].as_str().unwrap().contains("Retry-After"));
    assert_eq!(
        send(&mut client, 10_000).0,
        503,
        "again, as long as it is full"
    );
    assert_eq!(client.request("GET /readyz", "").unwrap().0, 503);
    assert_eq!(client.request("GET /healthz", "").unwrap().0, 200);

    lift_limit(&running);
    assert_eq!(client.request("GET /readyz", "").unwrap().0, 200);
    for no in 10_000..10_020 {
        assert_eq!(send(&mut client, no).0, 200);
    }
    drop(client);
    running.terminate();
    check(&place, &answered);
}

/// A batch that was acknowledged, and was still in the inbox when the collector crashed.
fn leave_in_inbox(place: &Place, name: &str) {
    let mut path = place.database().db.into_os_string();
    path.push("-inbox");
    let inbox = rusqlite::Connection::open(path).unwrap();
    inbox
        .execute(
            "INSERT INTO inbox (no, source_id, is_trusted, received_at, lines)
             VALUES (1000000, 1, 0, 1700000000000, ?1)",
            [batch(name, &"x".repeat(2000)).as_bytes()],
        )
        .unwrap();
}

#[test]
fn a_collector_that_starts_on_a_full_disk_stays_up_and_stores_what_waits_once_there_is_room() {
    let place = Place::file();
    let target = batches_of_new_source(&place);
    Running::start(&place).terminate();
    leave_in_inbox(&place, "waiting");
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -S -f 128; exec \"$0\" \"$@\""])
        .arg(BINARY);
    let running = Running::start_by(limited, &place);
    let mut client = running.client();
    let later = batch("later", &"x".repeat(2000));
    for _ in 0..2 {
        let (status, body) = client.request(&target, &later).unwrap();
        assert_eq!(status, 503, "{body}");
        assert_eq!(client.request("GET /readyz", "").unwrap().0, 503);
    }
    assert_eq!(client.request("GET /healthz", "").unwrap().0, 200);

    lift_limit(&running);
    assert_eq!(client.request(&target, &later).unwrap().0, 200);
    assert_eq!(client.request("GET /readyz", "").unwrap().0, 200);
    drop(client);
    running.terminate();
    check(&place, &["waiting", "later"].map(str::to_owned).into());
}

#[tokio::test]
async fn a_full_store_answers_503_and_takes_events_again_once_there_is_room() {
    let collector = collector_with(&["--max-db-bytes", "400000"]);
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
