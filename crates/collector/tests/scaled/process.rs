//! Collectors as processes that share the same servers.

use std::{
    process::Command,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    running::{BINARY, Client, Running, json_of},
    servers,
    support::{
        databases::{Addresses, UNSHIPPED},
        until_dropped::UntilDropped,
    },
};

/// How long a test may wait for something.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Time between two checks.
const PAUSE: Duration = Duration::from_millis(20);

pub fn command(addresses: &Addresses) -> Command {
    let mut command = Command::new(BINARY);
    addresses.choose(&mut command);
    command
}

fn start(addresses: &Addresses, folder: &TempDir, name: &str) -> Running {
    Running::start_logged(command(addresses), folder.path().join(name))
}

fn create(addresses: &Addresses, kind: &str) -> Value {
    let arguments = ["keys", "create", kind, "--json"];
    json_of(command(addresses).args(arguments).output().unwrap())
}

pub fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

pub fn batch(writer: usize, number: usize) -> String {
    (0..20)
        .map(|at| {
            let event = json!({
                "event_id": format!("{writer}/{number}/{at}"), "account_id": "a",
                "user_id": format!("u{writer}"), "created_at": 1_700_000_000_000_i64,
                "action": "feature", "feature": "f",
            });
            format!("{event}\n")
        })
        .collect()
}

#[test]
fn a_collector_serves_from_the_servers() {
    let Some(addresses) = servers::databases() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let (source, account) = (create(&addresses, "source"), create(&addresses, "account"));
    let listed = command(&addresses)
        .args(["keys", "list", "--json"])
        .output()
        .unwrap();
    assert_eq!(json_of(listed).as_array().unwrap().len(), 2);
    let running = start(&addresses, &folder, "one");
    assert_eq!(running.request("GET /readyz", "").0, 200);
    let events = format!(
        "POST /v1/{}/{}",
        text(&source, "auth_key"),
        text(&source, "api_key")
    );
    let (status, answer) = running.request(&events, &batch(0, 0));
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("\"accepted\":20"), "{answer}");
    let key = text(&account, "account_key");
    let usage = format!("GET /api/v2/accounts/a/usage?by=user&api_key={key}");
    let (status, answer) = running.request(&usage, "");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, &answer["totals"]["events"]), (200, &json!(20)));
    assert_eq!(answer["rows"][0]["key"], "u0");
    let erased = command(&addresses)
        .args(["erase", "event", "0/0/3", "--json"])
        .output();
    assert_eq!(json_of(erased.unwrap())["events"], 1);
    let erase = format!("DELETE /api/v2/accounts/a?erase=true&api_key={key}");
    let (status, answer) = running.request(&erase, "");
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("\"events\":19"), "{answer}");
    let (status, _) = running.request(&usage, "");
    assert_eq!(status, 404);
    let (_, metrics) = running.request("GET /metrics", "");
    for name in ["natero_unshipped_events", "natero_node_lacking_blocks{"] {
        assert!(metrics.contains(name), "{metrics}");
    }
    let log = running.terminate();
    assert!(!log.contains(&key), "a key is in the log");
}

#[test]
fn a_collector_that_is_killed_loses_and_doubles_nothing() {
    const WRITERS: usize = 4;
    const BATCHES: usize = 60;
    let Some(addresses) = servers::databases() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let (source, account) = (create(&addresses, "source"), create(&addresses, "account"));
    let events = format!(
        "POST /v1/{}/{}",
        text(&source, "auth_key"),
        text(&source, "api_key")
    );
    let steady = start(&addresses, &folder, "steady");
    let mut killed = start(&addresses, &folder, "killed");
    let (acknowledged, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (first, second) = (
        steady.address.clone(),
        std::sync::Mutex::new(killed.address.clone()),
    );
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (events, first, second, acknowledged) =
                    (&events, &first, &second, &acknowledged);
                scope.spawn(move || {
                    for number in 0..BATCHES {
                        let body = batch(writer, number);
                        // Each attempt goes to the other collector, as with a round-robin
                        // load balancer.
                        let mut attempt = writer + number;
                        let start = Instant::now();
                        loop {
                            assert!(start.elapsed() < LIMIT, "a batch is stored");
                            attempt += 1;
                            let address = if attempt % 2 == 0 {
                                first.clone()
                            } else {
                                second.lock().unwrap().clone()
                            };
                            let sent = Client::connect(&address)
                                .and_then(|mut client| client.request(events, &body));
                            if matches!(sent, Ok((200, _))) {
                                break;
                            }
                        }
                        acknowledged.fetch_add(20, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let killing = UntilDropped::of(&is_over);
        let (is_over, second, acknowledged) = (&is_over, &second, &acknowledged);
        let (addresses, folder) = (&addresses, &folder);
        let killer = scope.spawn(move || {
            let mut kills = 0;
            while !is_over.load(Ordering::Relaxed) {
                // It is killed during its work: some batches were acknowledged since it
                // started.
                let before = acknowledged.load(Ordering::Relaxed);
                while acknowledged.load(Ordering::Relaxed) < before + 400
                    && !is_over.load(Ordering::Relaxed)
                {
                    std::thread::sleep(PAUSE);
                }
                let _ = killed.child.kill();
                let _ = killed.child.wait();
                kills += 1;
                killed = start(addresses, folder, &format!("killed {kills}"));
                *second.lock().unwrap() = killed.address.clone();
            }
            kills
        });
        for writer in writers {
            writer.join().unwrap();
        }
        drop(killing);
        assert!(killer.join().unwrap() > 0);
    });
    let expected = WRITERS * BATCHES * 20;
    assert_eq!(acknowledged.into_inner(), expected);
    let usage = format!(
        "GET /api/v2/accounts/a/usage?api_key={}",
        text(&account, "account_key")
    );
    let counted = || {
        let (status, answer) = steady.request(&usage, "");
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str::<Value>(&answer).unwrap()["totals"]["events"].clone()
    };
    assert_eq!(counted(), expected);
    // The same after everything was shipped, by whichever collector.
    let start = Instant::now();
    while addresses.count(UNSHIPPED) > 0 {
        assert!(start.elapsed() < LIMIT, "it is not shipped");
        std::thread::sleep(PAUSE);
    }
    assert_eq!(counted(), expected);
}
