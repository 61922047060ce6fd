//! Sustained load on a collector of its own on loopback.
//!
//! `cargo run --release -p natero-collector --example ingest_load -- [SECONDS] [BATCH]`
//!
//! Prints, for 1, 16 and 256 connections, events a second and how long a batch
//! takes to be on disk. Loader and collector share the machine.

use std::{
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

const CONNECTIONS: [usize; 3] = [1, 16, 256];

fn main() {
    let mut args = std::env::args().skip(1);
    let mut number = |default: u64| {
        args.next()
            .map_or(default, |n| n.parse().expect("a number"))
    };
    let (seconds, batch) = (number(10), number(50));
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("load.db");
    let natero = binary();
    let keys = Command::new(&natero)
        .args(["keys", "create", "source", "--json", "--db"])
        .arg(&db)
        .output()
        .expect("keys are made");
    let keys: serde_json::Value = serde_json::from_slice(&keys.stdout).expect("keys are JSON");
    let path = format!(
        "/v1/{}/{}",
        keys["auth_key"].as_str().expect("a key"),
        keys["api_key"].as_str().expect("a key")
    );
    let (mut child, address) = start(&natero, &db);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("connections   events/s  requests/s    p50 ms    p99 ms   answered 429/503");
    for connections in CONNECTIONS {
        let load = Load {
            address: address.clone(),
            path: path.clone(),
            batch,
            until: Instant::now() + Duration::from_secs(seconds),
            refused: AtomicU64::new(0),
            next: AtomicU64::new(connections as u64 * 1_000_000_000),
        };
        runtime.block_on(run(Arc::new(load), connections, seconds));
    }
    child.kill().expect("it ends");
    let _ = child.wait();
}

/// The collector that cargo has built beside this example.
fn binary() -> std::path::PathBuf {
    let example = std::env::current_exe().expect("a path");
    let folder = example.ancestors().nth(2).expect("target/profile/examples");
    let binary = folder.join("natero-collector");
    assert!(
        binary.exists(),
        "build it first: cargo build --release -p natero-collector"
    );
    binary
}

fn start(natero: &std::path::Path, db: &std::path::Path) -> (Child, String) {
    use std::io::BufRead;
    let mut child = Command::new(natero)
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--rate-limit",
            "0",
            "--db",
        ])
        .arg(db)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("a pipe");
    std::io::BufReader::new(stdout)
        .read_line(&mut line)
        .expect("a line");
    let address = line.trim().strip_prefix("listening on http://");
    (child, address.expect("an address").to_owned())
}

struct Load {
    address: String,
    path: String,
    batch: u64,
    until: Instant,
    refused: AtomicU64,
    next: AtomicU64,
}

async fn run(load: Arc<Load>, connections: usize, seconds: u64) {
    let clients: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(client(Arc::clone(&load))))
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("a client ends"));
    }
    times.sort_unstable();
    let at = |part: f64| {
        let place = ((times.len() as f64 * part) as usize).min(times.len() - 1);
        times[place].as_secs_f64() * 1000.0
    };
    println!(
        "{connections:>11} {:>10.0} {:>11.0} {:>9.1} {:>9.1} {:>18}",
        (times.len() as u64 * load.batch) as f64 / seconds as f64,
        times.len() as f64 / seconds as f64,
        at(0.5),
        at(0.99),
        load.refused.load(Ordering::Relaxed)
    );
}

/// Sends one batch after the other, and gives how long each took.
async fn client(load: Arc<Load>) -> Vec<Duration> {
    let stream = TcpStream::connect(&load.address).await.expect("connected");
    stream.set_nodelay(true).expect("set");
    let mut stream = BufReader::new(stream);
    let mut times = Vec::new();
    while Instant::now() < load.until {
        let no = load.next.fetch_add(1, Ordering::Relaxed);
        let request = load.request(no);
        let start = Instant::now();
        let status = exchange(&mut stream, &request).await.expect("answered");
        match status {
            200 => times.push(start.elapsed()),
            429 | 503 => {
                load.refused.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => panic!("answered {other}"),
        }
    }
    times
}

impl Load {
    /// A batch as the tracker sends it: one page of one user.
    fn request(&self, no: u64) -> Vec<u8> {
        let user = no % 5000;
        let mut body = String::new();
        for seq in 0..self.batch {
            let event = json!({
                "account_id": format!("account {}", user % 500), "user_id": format!("user {user}"),
                "session_id": format!("session {no}"), "visitor_id": format!("visitor {user}"),
                "stream_id": format!("stream {no}"), "seq": seq, "event_id": format!("{no}-{seq}"),
                "created_at": natero_collector::app::now_ms(), "action": "feature", "total": 1,
                "feature": format!("feature {}", seq % 20), "module": "dashboard", "product": "studio",
            });
            body.push_str(&event.to_string());
            body.push('\n');
        }
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.path,
            body.len()
        );
        (head + &body).into_bytes()
    }
}

async fn exchange(stream: &mut BufReader<TcpStream>, request: &[u8]) -> std::io::Result<u16> {
    stream.get_mut().write_all(request).await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    let mut length = 0;
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    status.ok_or_else(|| std::io::Error::other("no status"))
}
