//! The share of its speed that ingestion keeps while other work is done, measured within one
//! run.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use natero_collector::clock::now_ms;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    running::{BINARY, Running, batches_of_new_source, json_of, natero},
    support::{DAY, until_dropped::UntilDropped},
};

/// Other processes on the machine slow down either measurement, so the best of a few tries
/// counts.
const TRIES: usize = 4;

/// The share that must be kept.
const KEPT: f64 = 0.5;

const CONNECTIONS: usize = 4;
const BATCHES: usize = 40;
const EVENTS: usize = 50;

fn batch(age: i64, tag: &str) -> String {
    let events = (0..EVENTS).map(|no| {
        json!({
            "account_id": format!("account {}", no % 5), "user_id": format!("user {no}"),
            "session_id": "s", "created_at": now_ms() - age, "action": "feature",
            "feature": format!("feature {}", no % 7), "event_id": format!("{tag}-{no}"),
        })
        .to_string()
    });
    events.collect::<Vec<_>>().join("\n")
}

/// Sends batches on several connections and returns how long that took.
fn ingest(running: &Running, target: &str, age: i64, tag: &str) -> Duration {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut client = running.client();
                for no in 0..BATCHES {
                    let body = batch(age, &format!("{tag}-{connection}-{no}"));
                    let (status, receipt) = client.request(target, &body).unwrap();
                    assert_eq!(status, 200, "{receipt}");
                }
            });
        }
    });
    start.elapsed()
}

/// Repeats a comparison until enough speed is kept. `compare` receives the number of the try,
/// and returns the times without and with other work.
fn assert_enough_is_kept(mut compare: impl FnMut(usize) -> (Duration, Duration)) {
    let mut best: f64 = 0.0;
    for attempt in 0..TRIES {
        let (alone, beside) = compare(attempt);
        best = best.max(alone.as_secs_f64() / beside.as_secs_f64());
        if best >= KEPT {
            return;
        }
    }
    panic!("{best:.2} of the throughput is kept");
}

/// Repeats some work while batches are sent.
fn beside(work: impl Fn() + Sync, threads: usize, ingest: impl FnOnce() -> Duration) -> Duration {
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    work();
                }
            });
        }
        let _working = UntilDropped::of(&is_over);
        ingest()
    })
}

fn stored(db: &Path) -> i64 {
    let conn = rusqlite::Connection::open(db).unwrap();
    let old = now_ms() - 2 * DAY;
    let sql = "SELECT COUNT(*) FROM events WHERE created_at < ?1";
    conn.query_row(sql, [old], |row| row.get(0)).unwrap()
}

#[test]
fn retention_leaves_half_of_the_throughput_at_least() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = batches_of_new_source(&db);
    assert_enough_is_kept(|attempt| {
        let running = Running::start(&db);
        // In at least two months, one of which is deleted as a whole.
        for age in [5, 35, 65] {
            ingest(
                &running,
                &target,
                age * DAY,
                &format!("old-{attempt}-{age}"),
            );
        }
        let alone = ingest(&running, &target, 0, &format!("alone-{attempt}"));
        running.terminate();
        let before = stored(&db);
        let mut pruning = Command::new(BINARY);
        pruning.env("NATERO_KEEP_RAW", "1d");
        let running = Running::start_by(pruning, &db);
        let with = ingest(&running, &target, 0, &format!("beside-{attempt}"));
        running.terminate();
        assert!(stored(&db) < before, "nothing was deleted meanwhile");
        (alone, with)
    });
}

#[test]
fn eight_askers_of_the_root_leave_half_of_the_throughput_at_least() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = batches_of_new_source(&db);
    let key = json_of(natero(&db, &["keys", "create", "account", "--json"]));
    let key = key["account_key"].as_str().unwrap();
    let running = Running::start(&db);
    let records: Vec<_> = (0..5)
        .map(|no| json!({"account_id": format!("account {no}"), "parent_account_id": "root"}))
        .collect();
    let records = json!({ "records": records }).to_string();
    let (status, _) = running.request(&format!("POST /api/v2/accounts?api_key={key}"), &records);
    assert_eq!(status, 200);
    let asked = format!("GET /api/v2/accounts/root/usage?by=user&api_key={key}");
    assert_enough_is_kept(|attempt| {
        let alone = ingest(&running, &target, 0, &format!("alone-{attempt}"));
        let ask = || assert_eq!(running.request(&asked, "").0, 200);
        let with = beside(ask, 8, || {
            ingest(&running, &target, 0, &format!("beside-{attempt}"))
        });
        (alone, with)
    });
    running.terminate();
}

#[test]
fn a_backup_leaves_half_of_the_throughput_at_least() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = batches_of_new_source(&db);
    let running = Running::start(&db);
    assert_enough_is_kept(|attempt| {
        let alone = ingest(&running, &target, 0, &format!("alone-{attempt}"));
        let back_up = || {
            let copy = TempDir::new().unwrap();
            let to = copy.path().join("copy.db");
            let copied = natero(&db, &["backup", to.to_str().unwrap()]);
            assert!(copied.status.success());
        };
        let with = beside(back_up, 1, || {
            ingest(&running, &target, 0, &format!("beside-{attempt}"))
        });
        (alone, with)
    });
    running.terminate();
}

#[test]
fn a_rebuild_leaves_half_of_the_throughput_at_least() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = batches_of_new_source(&db);
    let running = Running::start(&db);
    assert_enough_is_kept(|attempt| {
        let alone = ingest(&running, &target, 0, &format!("alone-{attempt}"));
        let rebuild = || {
            // Removes facts, so that there is something to correct.
            let conn = rusqlite::Connection::open(&db).unwrap();
            let _ = conn.execute(
                "DELETE FROM usage_segments WHERE id = (SELECT MIN(id) FROM usage_segments)",
                [],
            );
            drop(conn);
            let rebuilt = natero(&db, &["rebuild"]);
            assert!(rebuilt.status.success());
        };
        let with = beside(rebuild, 1, || {
            ingest(&running, &target, 0, &format!("beside-{attempt}"))
        });
        (alone, with)
    });
    running.terminate();
    let checked = natero(&db, &["rebuild", "--check"]);
    assert!(checked.status.success(), "figures differ afterwards");
}

#[test]
fn checks_of_alerts_leave_half_of_the_throughput_at_least() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    let target = batches_of_new_source(&db);
    let key = json_of(natero(&db, &["keys", "create", "account", "--json"]));
    let key = key["account_key"].as_str().unwrap();
    let running = Running::start(&db);
    for rule in [
        json!({"name": "Down", "when": "uses_down", "percent": 1, "days": 1, "level": "all"}),
        json!({"name": "Quiet", "when": "silent", "days": 1, "level": "all"}),
        json!({"name": "New", "when": "new_user"}),
    ] {
        let path = format!("POST /api/v2/alert_rules?api_key={key}");
        assert_eq!(running.request(&path, &rule.to_string()).0, 200);
    }
    let asked = format!("POST /api/v2/alerts/check?api_key={key}");
    assert_enough_is_kept(|attempt| {
        let alone = ingest(&running, &target, 0, &format!("alone-{attempt}"));
        let check = || assert_eq!(running.request(&asked, "").0, 200);
        let with = beside(check, 2, || {
            ingest(&running, &target, 0, &format!("beside-{attempt}"))
        });
        (alone, with)
    });
    running.terminate();
}
