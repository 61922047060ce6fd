//! What was answered as accepted is on disk, whatever happens next.
#![allow(missing_docs)]

#[path = "support/running.rs"]
mod running;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use natero_collector::store::sqlite::SqliteStore as Store;
use running::{BINARY, Client, Running, json_of, natero};
use serde_json::{Value, json};
use tempfile::TempDir;

const CLIENTS: usize = 4;

/// A batch of so many events that can be told from all others.
fn batch(name: &str, size: usize, padding: &str) -> String {
    (0..size)
        .map(|no| {
            let event = json!({
                "event_id": format!("{name}/{size}/{no}"), "account_id": format!("account {}", no % 3),
                "user_id": format!("user {}", no % 3), "session_id": name, "created_at": 1_700_000_000_000_i64,
                "action": "feature", "feature": "export", "stream_id": name, "seq": no, "url": padding,
            });
            format!("{event}\n")
        })
        .collect()
}

fn source(db: &Path) -> String {
    let keys = json_of(natero(db, &["keys", "create", "source", "--json"]));
    let part = |name: &str| keys[name].as_str().unwrap().to_owned();
    format!("POST /v1/{}/{}", part("auth_key"), part("api_key"))
}

/// Events in the file for each batch, by the name of the batch.
fn kept(db: &Path) -> HashMap<String, usize> {
    // What was in the inbox when the process ended is spread by whoever opens the file.
    let conn = Store::open_for_command(db).unwrap();
    let mut statement = conn.prepare("SELECT event_id FROM events").unwrap();
    let ids = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let mut kept = HashMap::new();
    for id in ids {
        let id = id.unwrap();
        let (batch, _) = id.rsplit_once('/').unwrap();
        *kept.entry(batch.to_owned()).or_default() += 1;
    }
    kept
}

/// Batches are there wholly or not at all, those that were answered are there,
/// and the figures agree with the events.
fn check(db: &Path, answered: &HashSet<String>) {
    let kept = kept(db);
    for (batch, count) in &kept {
        assert!(batch.ends_with(&format!("/{count}")), "{batch} has {count}");
    }
    let lost: Vec<_> = answered
        .iter()
        .filter(|batch| !kept.contains_key(*batch))
        .collect();
    assert!(lost.is_empty(), "lost {lost:?}");
    let rebuilt = json_of(natero(db, &["rebuild", "--check", "--json"]));
    assert_eq!(rebuilt["differing"], json!([]));
    let loss = json_of(natero(db, &["loss", "--json"]));
    assert_eq!(
        (&loss["missing"], &loss["duplicates"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(loss["received"], rebuilt["events"]);
}

/// Names of batches that were answered as accepted.
type Answered = Arc<Mutex<HashSet<String>>>;

/// Sends batches from several clients until `end` is called, in the middle of
/// the load and after a different stretch of it in each round.
fn under_load(
    running: Running,
    target: &str,
    round: usize,
    answered: &Answered,
    end: impl FnOnce(Running),
) {
    let count = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|no| {
            let mut client = running.client();
            let (target, answered, count) = (target.to_owned(), answered.clone(), count.clone());
            std::thread::spawn(move || {
                for batch_no in 0.. {
                    let name = format!("{round}-{no}-{batch_no}");
                    let size = 1 + (round * 7 + batch_no) % 40;
                    match client.request(&target, &batch(&name, size, "")) {
                        Ok((200, _)) => {
                            answered.lock().unwrap().insert(format!("{name}/{size}"));
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
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = source(&db);
    let answered = Answered::default();
    for round in 0..12 {
        under_load(
            Running::start(&db),
            &target,
            round,
            &answered,
            Running::kill,
        );
    }
    let answered = answered.lock().unwrap();
    assert!(answered.len() > 500, "{}", answered.len());
    check(&db, &answered);
}

#[test]
fn told_to_end_in_the_middle_of_a_load_it_ends_well_and_loses_no_answered_batch() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = source(&db);
    let answered = Answered::default();
    for round in 0..4 {
        under_load(Running::start(&db), &target, round, &answered, |running| {
            running.terminate();
        });
    }
    check(&db, &answered.lock().unwrap());
}

/// The limit on file sizes that a process has from the system: beyond it writes
/// fail as they do on a full disk.
#[test]
fn a_disk_that_is_full_is_answered_503_and_recovered_from() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = source(&db);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -S -f 4096; exec \"$0\" \"$@\""])
        .arg(BINARY);
    let running = Running::start_by(limited, &db);
    let mut client = running.client();
    let mut answered = HashSet::new();
    let padding = "x".repeat(2000);
    let mut send = |client: &mut Client, no: usize| {
        let name = format!("b{no}");
        let (status, body) = client
            .request(&target, &batch(&name, 20, &padding))
            .unwrap();
        if status == 200 {
            answered.insert(format!("{name}/20"));
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

    let pid = running.child.id().to_string();
    let raised = Command::new("prlimit")
        .args(["--pid", &pid, "--fsize=unlimited"])
        .status();
    assert!(raised.unwrap().success());
    assert_eq!(client.request("GET /readyz", "").unwrap().0, 200);
    for no in 10_000..10_020 {
        assert_eq!(send(&mut client, no).0, 200);
    }
    drop(client);
    running.terminate();
    check(&db, &answered);
}

#[test]
fn told_to_end_it_commits_what_it_has_begun() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = source(&db);
    let running = Running::start(&db);
    let mut client = running.client();
    assert_eq!(client.request(&target, &batch("a", 30, "")).unwrap().0, 200);

    let body = batch("b", 30, "");
    let (first, second) = body.split_at(body.len() / 2);
    let head = format!(
        "{target} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.send(&(head + first)).unwrap();
    // Answered, so what was sent before it has been taken up.
    assert_eq!(running.request("GET /healthz", "").0, 200);
    running.signal("-TERM");
    while Client::connect(&running.address).is_ok() {
        std::thread::yield_now();
    }
    assert_eq!(client.raw(second).unwrap().0, 200);

    let log = running.ended();
    assert!(log.contains("on disk"), "{log}");
    check(&db, &HashSet::from(["a/30".to_owned(), "b/30".to_owned()]));
}
