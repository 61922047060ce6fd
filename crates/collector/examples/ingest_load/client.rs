//! Clients that send batches as fast as the server answers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// Bytes to reserve for each event in a body.
const EVENT_BYTES: usize = 320;

/// The contents of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// This number of events, all of one page of one user, as the tracker sends them.
    OnePage(u64),
    /// This number of events, each of another account, user and page, as a server sends them.
    ManyAccounts(u64),
}

impl Batch {
    pub fn events(self) -> u64 {
        match self {
            Batch::OnePage(events) | Batch::ManyAccounts(events) => events,
        }
    }
}

/// Batches that clients send to an address until a deadline.
pub struct Load {
    pub address: String,
    pub path: String,
    pub batch: Batch,
    /// The age of the events, in ms.
    pub age: i64,
    pub until: Instant,
    pub refused: AtomicU64,
    /// Number of the next batch: no two batches have the same events.
    pub next: AtomicU64,
}

/// The result of a load.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub batches: u64,
    /// Events a second.
    pub rate: f64,
    pub p50: Duration,
    pub p99: Duration,
}

/// Sends batches on `connections` connections for `seconds` seconds.
pub async fn run(load: Arc<Load>, connections: usize, seconds: f64) -> Outcome {
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
        times[place]
    };
    let batches = times.len() as u64;
    Outcome {
        batches,
        rate: (batches * load.batch.events()) as f64 / seconds,
        p50: at(0.5),
        p99: at(0.99),
    }
}

/// Sends one batch after the other, and returns how long each took.
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
    /// Batches for the next `seconds` seconds. `phase` makes their events different from
    /// those of other loads.
    pub fn new(
        address: &str,
        path: &str,
        batch: Batch,
        phase: u64,
        age: i64,
        seconds: f64,
    ) -> Self {
        Load {
            address: address.to_owned(),
            path: path.to_owned(),
            batch,
            age,
            until: Instant::now() + Duration::from_secs_f64(seconds),
            refused: AtomicU64::new(0),
            next: AtomicU64::new(phase * 1_000_000_000),
        }
    }

    /// The batch with the number `no`. It is joined from texts, without a tree of JSON values
    /// and without formatting: processor time that the loader uses is not available to the
    /// servers.
    fn request(&self, no: u64) -> Vec<u8> {
        let created_at = natero_collector::clock::now_ms() - self.age;
        let mut body = Text::with_capacity(self.batch.events() as usize * EVENT_BYTES);
        for at in 0..self.batch.events() {
            let (page, seq) = match self.batch {
                Batch::OnePage(_) => (no, at),
                Batch::ManyAccounts(events) => (no * events + at, 0),
            };
            let user = page % 5000;
            let (account, feature) = (user % 500, at % 20);
            body.push(r#"{"account_id":"account "#, account);
            body.push(r#"","user_id":"user "#, user);
            body.push(r#"","session_id":"session "#, page);
            body.push(r#"","visitor_id":"visitor "#, user);
            body.push(r#"","stream_id":"stream "#, page);
            body.push(r#"","seq":"#, seq);
            body.push(r#","event_id":""#, page);
            body.push("-", seq);
            body.push(r#"","created_at":"#, created_at.unsigned_abs());
            body.push(
                r#","action":"feature","total":1,"feature":"feature "#,
                feature,
            );
            body.end("\",\"module\":\"dashboard\",\"product\":\"studio\"}\n");
        }
        let Text { mut bytes, .. } = body;
        let head = format!(
            "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.path,
            bytes.len()
        );
        bytes.splice(0..0, head.into_bytes());
        bytes
    }
}

/// Texts with numbers in between.
struct Text {
    bytes: Vec<u8>,
    digits: itoa::Buffer,
}

impl Text {
    fn with_capacity(bytes: usize) -> Self {
        Text {
            bytes: Vec::with_capacity(bytes),
            digits: itoa::Buffer::new(),
        }
    }

    fn push(&mut self, text: &str, number: u64) {
        self.end(text);
        let digits = self.digits.format(number);
        self.bytes.extend_from_slice(digits.as_bytes());
    }

    fn end(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

pub async fn exchange(stream: &mut BufReader<TcpStream>, request: &[u8]) -> std::io::Result<u16> {
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
