//! What was answered as accepted is on disk, whatever happens next.
#![allow(missing_docs)]

mod support;

use std::{
    collections::HashSet,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};
use support::{
    Place,
    running::{BINARY, Client, Running, json_of, natero},
};

const CLIENTS: usize = 4;

/// A batch of this many events, which are distinct from all others.
fn batch(name: &str, size: usize) -> String {
    (0..size)
        .map(|no| {
            let event = json!({
                "event_id": format!("{name}/{size}/{no}"), "account_id": format!("account {}", no % 3),
                "user_id": format!("user {}", no % 3), "session_id": name, "created_at": 1_700_000_000_000_i64,
                "action": "feature", "feature": "export", "stream_id": name, "seq": no,
            });
            format!("{event}\n")
        })
        .collect()
}

fn source(place: &Place) -> String {
    let keys = json_of(natero(place, &["keys", "create", "source", "--json"]));
    let part = |name: &str| keys[name].as_str().unwrap().to_owned();
    format!("POST /v1/{}/{}", part("auth_key"), part("api_key"))
}

/// Checks that each batch is stored completely or not at all, that all batches answered as
/// accepted are stored, and that the figures agree with the events. `target` is where they
/// were sent.
fn check(place: &Place, target: &str, batches: &Batches) {
    let key = json_of(natero(place, &["keys", "create", "account", "--json"]));
    let key = key["account_key"].as_str().unwrap();
    let running = Running::start(place);
    let mut client = running.client();
    let mut kept = 0;
    let mut lost = Vec::new();
    for batch in &batches.sent {
        let (name, size) = batch.rsplit_once('/').unwrap();
        let size: usize = size.parse().unwrap();
        let ids: Vec<_> = (0..size).map(|no| format!("{name}/{size}/{no}")).collect();
        let asked = format!("{target}?asked={}", ids.join(","));
        let (status, answer) = client.request(&asked, "").unwrap();
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let lacking = answer["lacking"].as_str().unwrap();
        if lacking.is_empty() {
            kept += size;
        } else {
            assert_eq!(lacking, ids.join(","), "a part of {batch} is there");
            lost.extend(batches.answered.get(batch));
        }
    }
    assert!(lost.is_empty(), "lost {lost:?}");
    let mut ask = |path: &str| -> Value {
        let (status, answer) = client
            .request(&format!("GET {path}?api_key={key}"), "")
            .unwrap();
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(&answer).unwrap()
    };
    let loss = ask("/api/v2/loss");
    assert_eq!(
        (&loss["missing"], &loss["duplicates"], &loss["received"]),
        (&json!(0), &json!(0), &json!(kept))
    );
    let counted = |account: i32| {
        let usage = ask(&format!("/api/v2/accounts/account%20{account}/usage"));
        usage["totals"]["events"].as_u64().unwrap()
    };
    assert_eq!((0..3).map(counted).sum::<u64>(), kept as u64);
    place.check_figures();
    drop(client);
    running.terminate();
}

/// Batches, by their names and sizes.
#[derive(Debug, Default)]
struct Batches {
    sent: HashSet<String>,
    /// The batches that were answered as accepted.
    answered: HashSet<String>,
}

/// Sends batches from several clients until `end` is called during the load, after a
/// different time in each round.
fn under_load(
    running: Running,
    target: &str,
    round: usize,
    batches: &Arc<Mutex<Batches>>,
    end: impl FnOnce(Running),
) {
    let count = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|no| {
            let mut client = running.client();
            let (target, batches, count) = (target.to_owned(), batches.clone(), count.clone());
            std::thread::spawn(move || {
                for batch_no in 0.. {
                    let name = format!("{round}-{no}-{batch_no}");
                    let size = 1 + (round * 7 + batch_no) % 40;
                    let sent = format!("{name}/{size}");
                    batches.lock().unwrap().sent.insert(sent.clone());
                    match client.request(&target, &batch(&name, size)) {
                        Ok((200, _)) => {
                            batches.lock().unwrap().answered.insert(sent);
                            count.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok((status, body)) => panic!("{status}: {body}"),
                        Err(_) => break,
                    }
                }
            })
        })
        .collect();
    while count.load(Ordering::Relaxed) < 5 + round * 11 {
        std::thread::yield_now();
    }
    end(running);
    clients
        .into_iter()
        .for_each(|client| client.join().unwrap());
}

#[test]
fn killing_it_at_any_moment_loses_no_answered_batch() {
    let place = Place::new();
    let target = source(&place);
    let batches = Arc::default();
    for round in 0..12 {
        under_load(
            Running::start(&place),
            &target,
            round,
            &batches,
            Running::kill,
        );
    }
    let batches = batches.lock().unwrap();
    assert!(batches.answered.len() > 500, "{}", batches.answered.len());
    check(&place, &target, &batches);
}

#[test]
fn told_to_end_in_the_middle_of_a_load_it_ends_well_and_loses_no_answered_batch() {
    let place = Place::new();
    let target = source(&place);
    let batches = Arc::default();
    for round in 0..4 {
        under_load(
            Running::start(&place),
            &target,
            round,
            &batches,
            |running| {
                running.terminate();
            },
        );
    }
    check(&place, &target, &batches.lock().unwrap());
}

#[test]
fn told_to_end_it_commits_what_it_has_begun() {
    // A terminal that closes sends SIGHUP.
    for signal in ["-TERM", "-INT", "-HUP"] {
        ends_gracefully(signal);
    }
}

fn ends_gracefully(signal: &str) {
    let place = Place::new();
    let target = source(&place);
    // The tests may have been started with `nohup`, and what ignores SIGHUP passes that on.
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP", BINARY]);
    let running = Running::start_by(command, &place);
    let mut client = running.client();
    assert_eq!(client.request(&target, &batch("a", 30)).unwrap().0, 200);

    let body = batch("b", 30);
    let (first, second) = body.split_at(body.len() / 2);
    let head = format!(
        "{target} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.send(&(head + first)).unwrap();
    // This request is answered, so the collector has also read what was sent before it.
    assert_eq!(running.request("GET /healthz", "").0, 200);
    running.signal(signal);
    while Client::connect(&running.address).is_ok() {
        std::thread::yield_now();
    }
    assert_eq!(client.raw(second).unwrap().0, 200);

    let log = running.ended();
    assert!(log.contains("on disk"), "{log}");
    let sent = HashSet::from(["a/30".to_owned(), "b/30".to_owned()]);
    let answered = sent.clone();
    check(&place, &target, &Batches { sent, answered });
}

#[test]
fn a_collector_that_was_started_to_outlive_its_terminal_does() {
    let place = Place::new();
    let mut command = Command::new("sh");
    // As `nohup` does.
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\"", BINARY]);
    let running = Running::start_by(command, &place);
    running.signal("-HUP");
    assert_eq!(running.request("GET /healthz", "").0, 200);
    // A collector that ends at SIGHUP has closed its listener by then.
    assert_eq!(running.request("GET /readyz", "").0, 200);
    running.terminate();
}
