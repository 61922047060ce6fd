//! A collector cannot reach its servers for a while, either because connections are refused
//! or because packets are lost. What was acknowledged counts once, and no request hangs for
//! ever.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    process::{LIMIT, batch, command, text},
    proxy::{Proxy, Way},
    running::{Client, Running, json_of, natero},
    servers,
    support::{
        Place,
        databases::{Addresses, UNSHIPPED},
        until_dropped::UntilDropped,
    },
};

/// How long the refusal of a batch may take while PostgreSQL does not answer.
const REFUSAL_LIMIT: Duration = Duration::from_secs(30);

/// Time between two checks of a condition.
const PAUSE: Duration = Duration::from_millis(10);

const WRITERS: usize = 2;

/// Batches that must be acknowledged before the network is cut, and while it is.
const BETWEEN: usize = 10;

/// A collector, and the paths for events and queries.
struct Asked {
    running: Running,
    events: String,
    account_key: String,
}

impl Asked {
    fn new(running: Running, create: impl Fn(&str) -> Value) -> Self {
        let (source, account) = (create("source"), create("account"));
        let [auth, api] = ["auth_key", "api_key"].map(|name| text(&source, name));
        Asked {
            running,
            events: format!("POST /v1/{auth}/{api}"),
            account_key: text(&account, "account_key"),
        }
    }

    fn question(&self, query: &str) -> (u16, String) {
        let key = &self.account_key;
        self.running
            .request(&format!("GET /api/v2/{query}api_key={key}"), "")
    }

    fn try_send(&self, body: &str) -> std::io::Result<(u16, String)> {
        Client::connect(&self.running.address)?.request(&self.events, body)
    }

    /// Its answers to queries.
    fn figures(&self) -> Vec<Value> {
        ["", "by=user&", "by=day&", "by=feature&"]
            .map(|by| format!("accounts/a/usage?{by}"))
            .iter()
            .map(String::as_str)
            .chain(["loss?", "account_users?"])
            .map(|query| {
                let (status, answer) = self.question(query);
                assert_eq!(status, 200, "{query}: {answer}");
                serde_json::from_str(&answer).unwrap()
            })
            .collect()
    }
}

/// Proxies to PostgreSQL and to two replicas, and the addresses of the proxies.
fn ways(databases: &Addresses) -> (Proxy, [Proxy; 2], Addresses) {
    let server = |address: &str| {
        let (_, rest) = address.split_once("//").unwrap();
        let host = rest.split('/').next().unwrap();
        host.rsplit('@').next().unwrap().to_owned()
    };
    let postgres = Proxy::to(&server(&databases.postgres));
    let nodes: Vec<&str> = databases.clickhouse[0].split('|').collect();
    let replicas = [0, 1].map(|at| Proxy::to(&server(nodes[at])));
    let shard = [0, 1].map(|at| replicas[at].address(nodes[at])).join("|");
    let addresses = Addresses::of(postgres.address(&databases.postgres), vec![shard]);
    (postgres, replicas, addresses)
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what}");
        thread::sleep(PAUSE);
    }
}

#[test]
fn what_is_acknowledged_around_a_partition_counts_once_and_nobody_waits_for_ever() {
    let Some(databases) = servers::databases_over(&[2]) else {
        return;
    };
    let (postgres, replicas, addresses) = ways(&databases);
    let (folder, file) = (TempDir::new().unwrap(), Place::file());
    let started = Running::start_logged(command(&addresses), folder.path().join("log"));
    let scaled = Asked::new(started, |kind| {
        let create = ["keys", "create", kind, "--json"];
        json_of(command(&addresses).args(create).output().unwrap())
    });
    let sqlite = Asked::new(Running::start(&file), |kind| {
        json_of(natero(&file, &["keys", "create", kind, "--json"]))
    });
    let (is_over, acknowledged) = (AtomicBool::new(false), AtomicUsize::new(0));
    let told = Mutex::new(sqlite.running.client());
    let write = |writer: usize| {
        for number in 0.. {
            let body = batch(writer, number);
            // Retries until the batch is acknowledged, as a tracker does.
            wait_until("a batch is stored", || {
                matches!(scaled.try_send(&body), Ok((200, _)))
            });
            let known = told.lock().unwrap().request(&sqlite.events, &body);
            assert_eq!(known.unwrap().0, 200);
            acknowledged.fetch_add(1, Ordering::SeqCst);
            if is_over.load(Ordering::SeqCst) {
                break;
            }
        }
    };
    let goes_on = |what: &str| {
        let before = acknowledged.load(Ordering::SeqCst);
        wait_until(what, || {
            acknowledged.load(Ordering::SeqCst) >= before + BETWEEN
        });
    };
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || write(writer)))
            .collect();
        let writing = UntilDropped::of(&is_over);
        goes_on("batches are stored");
        let [one, other] = &replicas;
        for cut in [vec![other], vec![one, other]] {
            for way in [Way::Refused, Way::Silent] {
                cut.iter().for_each(|replica| replica.set(way));
                let asking = scope.spawn(|| scaled.question("accounts/a/usage?"));
                goes_on("batches are stored without ClickHouse");
                assert_eq!(scaled.running.request("GET /healthz", "").0, 200);
                cut.iter().for_each(|replica| replica.set(Way::Open));
                let (status, answer) = asking.join().unwrap();
                assert!(matches!(status, 200 | 503), "{status}: {answer}");
                goes_on("batches are stored after it");
            }
        }
        for way in [Way::Refused, Way::Silent] {
            postgres.set(way);
            let start = Instant::now();
            // A batch that was looked up earlier may still be in progress.
            let (status, answer) = scaled.try_send(&batch(WRITERS, 0)).unwrap();
            assert_eq!(status, 503, "{answer}");
            assert!(start.elapsed() < REFUSAL_LIMIT, "{:?}", start.elapsed());
            assert_eq!(scaled.running.request("GET /healthz", "").0, 200);
            assert_eq!(scaled.running.request("GET /readyz", "").0, 503);
            postgres.set(Way::Open);
            goes_on("batches are stored once PostgreSQL is back");
        }
        drop(writing);
        for writer in writers {
            writer.join().unwrap();
        }
    });
    let expected = sqlite.figures();
    let events = acknowledged.into_inner() * 20;
    assert_eq!(expected[0]["totals"]["events"], events);
    assert_eq!(scaled.figures(), expected);
    wait_until("all of it is shipped", || databases.count(UNSHIPPED) == 0);
    assert_eq!(scaled.figures(), expected);
    databases.check_shipped();
    // Either replica alone has all events.
    for away in &replicas {
        away.set(Way::Refused);
        assert_eq!(scaled.figures(), expected);
        away.set(Way::Open);
    }
    scaled.running.terminate();
    sqlite.running.terminate();
}
