//! Sustained load on a collector that runs on loopback.
//!
//! `cargo run --release -p natero-collector --example ingest_load -- [SECONDS] [PART]`
//!
//! Prints how many events a second reach the disk, and the same for a plain handler of axum
//! and SQLite (`plain.rs`) in the same run. The loads are 1 and 16 connections, with 1 and 50
//! events a batch, and with 50 events of 50 accounts. Then it prints which share of that rate
//! 16 connections keep while the collector does other work. Loader and server share the
//! machine. `PART` is `ratios` or `work`, to run only one of the two.

mod client;
mod plain;
mod process;

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use client::{Batch, Load, Outcome, exchange, run};
use process::{Server, collector, natero};
use serde_json::json;
use tokio::{io::BufReader, net::TcpStream, runtime::Runtime, task::JoinHandle};

/// The argument that makes this program the plain handler.
const PLAIN: &str = "plain";

/// Rounds of each server, alternating, so that other work on the machine affects both.
const ROUNDS: u64 = 2;

/// Age of the events of the first part, in ms: old enough for retention to delete them later.
const OLD: i64 = 40 * 24 * 60 * 60 * 1000;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == PLAIN) {
        return plain::serve(Path::new(&args[1]));
    }
    let seconds = args.first().map_or(10.0, |n| n.parse().expect("a number"));
    let part = args.get(1).map(String::as_str);
    let runtime = Runtime::new().expect("a runtime");
    if part != Some("work") {
        print_ratios(&runtime, seconds);
    }
    if part != Some("ratios") {
        print_work(&runtime, seconds);
    }
}

fn print_ratios(runtime: &Runtime, seconds: f64) {
    println!("events a second and CPU of the server an event, beside a plain handler");
    println!(
        "connections          batch   collector       plain   ratio     p50 ms     p99 ms   CPU µs   plain"
    );
    for connections in [1, 16] {
        for (name, batch) in [
            ("1", Batch::OnePage(1)),
            ("50", Batch::OnePage(50)),
            ("50 of accounts", Batch::ManyAccounts(50)),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let (own, path) = (
                folder.path().join("own.db"),
                new_source(&folder.path().join("own.db")),
            );
            let servers = [
                Server::collector(&own, &[]),
                plain_server(&folder.path().join("plain.db")),
            ];
            let mut sums = [(0.0, 0.0, 0.0); 2];
            let mut last = None;
            for round in 0..ROUNDS {
                for (at, server) in servers.iter().enumerate() {
                    let cpu = server.cpu();
                    let time = seconds / ROUNDS as f64;
                    let load = Load::new(&server.address, &path, batch, round + 1, 0, time);
                    let outcome = runtime.block_on(run(Arc::new(load), connections, time));
                    let sum = &mut sums[at];
                    sum.0 += outcome.rate / ROUNDS as f64;
                    sum.1 += server.cpu() - cpu;
                    sum.2 += (outcome.batches * batch.events()) as f64;
                    if at == 0 {
                        last = Some(outcome);
                    }
                }
            }
            let [own, plain] = sums;
            let Outcome { p50, p99, .. } = last.expect("a round");
            println!(
                "{connections:>11} {name:>14} {:>11.0} {:>11.0} {:>7.2} {:>10.1} {:>10.1} {:>8.1} {:>7.1}",
                own.0,
                plain.0,
                own.0 / plain.0,
                ms(p50),
                ms(p99),
                own.1 / own.2,
                plain.1 / plain.2,
            );
        }
    }
}

fn print_work(runtime: &Runtime, seconds: f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("load.db");
    let path = new_source(&db);
    let server = Server::collector(&db, &[]);
    let mut phase = 0;
    let mut load = |address: &str, age: i64| {
        phase += 1;
        let load = Load::new(address, &path, Batch::OnePage(50), phase, age, seconds);
        runtime.block_on(run(Arc::new(load), 16, seconds)).rate
    };
    load(&server.address, OLD);
    let key = natero(&db, &["keys", "create", "account"]);
    let key = key["account_key"].as_str().expect("a key").to_owned();
    runtime.block_on(put_below_root(&server.address, &key));
    println!(
        "events/s of 16 connections with 50 events a batch, and as a part of those without other work"
    );
    let mut measure = |name: &str, address: &str, whole: Option<f64>| {
        let rate = load(address, 0);
        let kept = whole.map_or(1.0, |whole| rate / whole);
        println!("{name:>11} {rate:>10.0} {kept:>11.2}");
        rate
    };
    let whole = measure("nothing", &server.address, None);

    let target = format!("/api/v2/accounts/root/usage?by=user&api_key={key}");
    let asked = Arc::new(AtomicU64::new(0));
    let asking: Vec<_> = (0..8)
        .map(|_| {
            runtime.spawn(ask(
                server.address.clone(),
                target.clone(),
                Arc::clone(&asked),
            ))
        })
        .collect();
    measure("8 reports", &server.address, Some(whole));
    asking.iter().for_each(JoinHandle::abort);
    println!(
        "{:>11} reports were answered",
        asked.load(Ordering::Relaxed)
    );

    let mut backup = Command::new(collector())
        .args(["backup", "--db"])
        .arg(&db)
        .arg(folder.path().join("copy.db"))
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    measure("backup", &server.address, Some(whole));
    let is_done = backup.try_wait().expect("its state").is_some();
    println!("{:>11} the backup is complete: {is_done}", "");
    let _ = backup.kill();
    let _ = backup.wait();

    drop(server);
    let before = old(&db);
    let retaining = Server::collector(&db, &["--keep-raw", "1d"]);
    measure("retention", &retaining.address, Some(whole));
    println!(
        "{:>11} old events were deleted, {} remain",
        before - old(&db),
        old(&db)
    );
}

/// The plain handler, which is this program with another argument.
fn plain_server(db: &Path) -> Server {
    let own = std::env::current_exe().expect("a path");
    Server::start(Command::new(own).arg(PLAIN).arg(db))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Makes a key pair, and returns the path to which its batches are sent.
fn new_source(db: &Path) -> String {
    let keys = natero(db, &["keys", "create", "source"]);
    let key = |name: &str| keys[name].as_str().expect("a key").to_owned();
    format!("/v1/{}/{}", key("auth_key"), key("api_key"))
}

/// Counts the events that retention is going to delete.
fn old(db: &Path) -> i64 {
    let conn = rusqlite::Connection::open(db).expect("it opens");
    let before = natero_collector::clock::now_ms() - OLD / 2;
    let sql = "SELECT COUNT(*) FROM events WHERE created_at < ?1";
    conn.query_row(sql, [before], |row| row.get(0))
        .expect("counted")
}

/// Puts the accounts of the load below one root account.
async fn put_below_root(address: &str, key: &str) {
    let records: Vec<_> = (0..500)
        .map(|no| json!({"account_id": format!("account {no}"), "parent_account_id": "root"}))
        .collect();
    let body = json!({ "records": records }).to_string();
    let request = format!(
        "POST /api/v2/accounts?api_key={key} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = BufReader::new(TcpStream::connect(address).await.expect("connected"));
    let status = exchange(&mut stream, request.as_bytes()).await;
    assert_eq!(status.expect("answered"), 200);
}

/// Repeats the same request, and counts the answers.
async fn ask(address: String, target: String, asked: Arc<AtomicU64>) {
    let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut stream = BufReader::new(TcpStream::connect(&address).await.expect("connected"));
    loop {
        let status = exchange(&mut stream, request.as_bytes()).await;
        assert_eq!(status.expect("answered"), 200);
        asked.fetch_add(1, Ordering::Relaxed);
    }
}
