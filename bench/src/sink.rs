//! A collector for the events of any tracker: gives the answer that each tracker expects, and
//! counts events and bytes.

use std::io::{Read, Result as IoResult};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use url::form_urlencoded;

/// The start of the names of all measured events. It has only characters that look the same
/// in JSON and in a form.
const MARK: &[u8] = b"bench-feature-";

/// After this long without a byte, no more events are expected: the slowest tracker sends
/// every 10 s.
const SILENCE: Duration = Duration::from_secs(11);

const INTERVAL: Duration = Duration::from_millis(20);

/// A server on its own port. It stops when it is dropped.
pub struct Sink {
    url: String,
    counts: Arc<Counts>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    bytes: AtomicU64,
    events: AtomicUsize,
}

impl Sink {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let server = tokio::spawn(accept(listener, Arc::clone(&counts)));
        Ok(Self {
            url,
            counts,
            server,
        })
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Bytes received so far on all connections, including headers and preflight requests.
    pub fn bytes(&self) -> u64 {
        self.counts.bytes.load(Ordering::SeqCst)
    }

    /// Number of measured events received so far; an event that arrived twice counts twice.
    pub fn events(&self) -> usize {
        self.counts.events.load(Ordering::SeqCst)
    }

    /// Waits until `count` measured events have arrived, or until it is clear that fewer
    /// will: some trackers drop events when their queue is full.
    pub async fn until_events(&self, count: usize) -> usize {
        let mut last = (Instant::now(), self.bytes());
        while self.events() < count && last.0.elapsed() < SILENCE {
            tokio::time::sleep(INTERVAL).await;
            let bytes = self.bytes();
            if bytes != last.1 {
                last = (Instant::now(), bytes);
            }
        }
        self.events()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, counts: Arc<Counts>) {
    // All connections are dropped when this task is aborted.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let counts = Arc::clone(&counts);
        connections.spawn(async move {
            let counted = Counted {
                stream,
                counts: Arc::clone(&counts),
            };
            let service = service_fn(|request| handle(request, &counts));
            // A browser that closes the connection is not an error.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(counted), service)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn handle(
    request: Request<Incoming>,
    counts: &Counts,
) -> hyper::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut response = Response::new(Full::default());
    if head.method == Method::OPTIONS {
        *response.status_mut() = StatusCode::NO_CONTENT;
    } else {
        let events = count_events(&body);
        counts.events.fetch_add(events, Ordering::SeqCst);
        *response.body_mut() = answer(head.uri.path(), events).into();
        response
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("application/json"));
    }
    allow(response.headers_mut(), &head.headers);
    Ok(response)
}

fn count_events(body: &[u8]) -> usize {
    let unpacked = unpack(body);
    let body = unpacked.as_deref().unwrap_or(body);
    body.windows(MARK.len())
        .filter(|window| *window == MARK)
        .count()
}

/// Decodes a body that is compressed, or a form with Base64 as Mixpanel sends it.
fn unpack(body: &[u8]) -> Option<Vec<u8>> {
    if body.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        GzDecoder::new(body).read_to_end(&mut unpacked).ok()?;
        return Some(unpacked);
    }
    let (_, data) = form_urlencoded::parse(body).find(|(name, _)| name == "data")?;
    // The form does not escape `+`, so a space stands for it.
    BASE64.decode(data.replace(' ', "+").as_bytes()).ok()
}

/// An answer that satisfies every tracker. PostHog also requests its settings.
fn answer(path: &str, events: usize) -> String {
    if path.contains("/flags") || path.contains("/decide") || path.contains("/array/") {
        return r#"{"featureFlags":{},"featureFlagPayloads":{},"sessionRecording":false,"surveys":false,"supportedCompression":["gzip-js"],"errorsWhileComputingFlags":false}"#
            .to_owned();
    }
    format!(
        r#"{{"accepted":{events},"duplicates":0,"set_aside":0,"rejected":[],"status":1,"error":null,"code":200,"events_ingested":{events},"payload_size_bytes":0,"server_upload_time":0}}"#
    )
}

/// Allows the request of a page of another origin, and lets the browser cache that for a day,
/// as our collector does.
fn allow(headers: &mut HeaderMap, request: &HeaderMap) {
    let Some(origin) = request.get("origin") else {
        return;
    };
    headers.insert("access-control-allow-origin", origin.clone());
    for (name, value) in [
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-max-age", "86400"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(asked) = request.get("access-control-request-headers") {
        headers.insert("access-control-allow-headers", asked.clone());
    }
}

/// A connection that counts the bytes as they are read.
struct Counted {
    stream: TcpStream,
    counts: Arc<Counts>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<IoResult<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = (buffer.filled().len() - before) as u64;
        self.counts.bytes.fetch_add(read, Ordering::SeqCst);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<IoResult<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<IoResult<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
