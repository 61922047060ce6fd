//! A collector that fails as scripted: each request gets the next answer of a script, and is
//! recorded.
//!
//! It listens on its own port, so a page always sends to another origin. It answers preflight
//! requests as the real collector does.

mod answer;
mod record;

use std::collections::VecDeque;
use std::fmt;
use std::net::TcpStream as StdTcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::wait;

pub use answer::Answer;
pub use record::Recorded;

/// A server that answers by a script. It stops when it is dropped, and closes its
/// connections.
pub struct FaultServer {
    origin: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    script: Mutex<VecDeque<Answer>>,
    otherwise: Mutex<Answer>,
    recorded: Mutex<Vec<Recorded>>,
    preflights: AtomicUsize,
    down: AtomicBool,
    behind: Option<String>,
    client: reqwest::Client,
}

/// The error that ends a connection without an answer.
#[derive(Debug)]
struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hung up as told")
    }
}

impl std::error::Error for Hangup {}

impl FaultServer {
    /// Accepts everything until the script says otherwise.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self> {
        Self::listen(None, Answer::Accept).await
    }

    /// A proxy for the collector at this address. It forwards everything until the script
    /// says otherwise.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn before(collector: &str) -> Result<Self> {
        Self::listen(Some(collector.to_owned()), Answer::Forward).await
    }

    async fn listen(behind: Option<String>, otherwise: Answer) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            script: Mutex::default(),
            otherwise: Mutex::new(otherwise),
            recorded: Mutex::default(),
            preflights: AtomicUsize::new(0),
            down: AtomicBool::new(false),
            behind,
            client: reqwest::Client::new(),
        });
        let server = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self {
            origin,
            shared,
            server,
        })
    }

    /// Its address: the tracker's `endpoint`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.origin
    }

    /// Adds answers to the script, one for each of the next requests.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        locked(&self.shared.script).extend(answers);
    }

    /// Sets the answer that is given while the script is empty.
    pub fn otherwise(&self, answer: Answer) {
        *locked(&self.shared.otherwise) = answer;
    }

    /// Sets whether the server is down. While it is, every connection is reset, including
    /// preflight requests, and nothing is recorded or taken from the script.
    pub fn set_down(&self, down: bool) {
        self.shared.down.store(down, Ordering::SeqCst);
    }

    /// Takes the server down for this long, by its own clock. The handle completes when it is
    /// up again.
    pub fn down_for(&self, spell: Duration) -> JoinHandle<()> {
        self.set_down(true);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            tokio::time::sleep(spell).await;
            shared.down.store(false, Ordering::SeqCst);
        })
    }

    /// The requests so far, without preflight requests.
    #[must_use]
    pub fn recorded(&self) -> Vec<Recorded> {
        locked(&self.shared.recorded).clone()
    }

    /// Number of answered preflight requests.
    #[must_use]
    pub fn preflights(&self) -> usize {
        self.shared.preflights.load(Ordering::SeqCst)
    }

    /// Waits until this many requests have arrived, and returns all requests so far.
    ///
    /// # Errors
    /// When fewer arrive.
    pub async fn until_recorded(&self, count: usize) -> Result<Vec<Recorded>> {
        wait::until(&format!("{count} requests"), async || {
            let recorded = self.recorded();
            Ok((recorded.len() >= count).then_some(recorded))
        })
        .await
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // All connections are dropped when this task is aborted.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // The only error here is a hang-up that the script requested.
            let _ = serve(stream, shared).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) -> Result<()> {
    // A second handle for the socket. hyper owns the first one, and offers no way to reset a
    // connection or to send bytes that are not HTTP.
    let stream = stream.into_std()?;
    let socket = Arc::new(stream.try_clone()?);
    let stream = TcpStream::from_std(stream)?;
    let service = service_fn(|request| {
        let (shared, socket) = (Arc::clone(&shared), Arc::clone(&socket));
        async move { shared.handle(request, &socket).await }
    });
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await?;
    Ok(())
}

impl Shared {
    async fn handle(
        &self,
        request: Request<Incoming>,
        socket: &StdTcpStream,
    ) -> Result<Response<Full<Bytes>>, Hangup> {
        if self.down.load(Ordering::SeqCst) {
            return Err(reset(socket));
        }
        let origin = request.headers().get("origin").cloned();
        if request.method() == Method::OPTIONS {
            self.preflights.fetch_add(1, Ordering::SeqCst);
            return Ok(with_cors(status(204, &[], ""), origin));
        }
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Hangup)?.to_bytes();
        let recorded = Recorded::new(&head, body);
        locked(&self.recorded).push(recorded.clone());
        let answer = locked(&self.script).pop_front();
        let answer = answer.unwrap_or_else(|| locked(&self.otherwise).clone());
        self.give(answer, &recorded, socket)
            .await
            .map(|response| with_cors(response, origin))
    }

    async fn give(
        &self,
        mut answer: Answer,
        request: &Recorded,
        socket: &StdTcpStream,
    ) -> Result<Response<Full<Bytes>>, Hangup> {
        while let Answer::Held(gate, held) = answer {
            gate.passed().await;
            answer = *held;
        }
        match answer {
            Answer::Accept => {
                let accepted = request.lines().map_or(0, |lines| lines.len());
                let body = serde_json::json!({
                    "accepted": accepted, "duplicates": 0, "set_aside": 0, "rejected": [],
                });
                let json = ("content-type".to_owned(), "application/json".to_owned());
                Ok(status(200, &[json], &body.to_string()))
            }
            Answer::Status {
                code,
                headers,
                body,
            } => Ok(status(code, &headers, &body)),
            Answer::Raw(bytes) => {
                let _ = std::io::Write::write_all(&mut &*socket, &bytes);
                Err(Hangup)
            }
            Answer::Reset => Err(reset(socket)),
            Answer::Silence => std::future::pending().await,
            Answer::Forward => self.forward(request).await,
            Answer::ForwardThenReset => {
                self.forward(request).await?;
                Err(reset(socket))
            }
            Answer::ForwardThenSilence => {
                self.forward(request).await?;
                std::future::pending().await
            }
            Answer::Held(..) => unreachable!("unwrapped above"),
        }
    }

    async fn forward(&self, request: &Recorded) -> Result<Response<Full<Bytes>>, Hangup> {
        let behind = self.behind.as_deref().ok_or(Hangup)?;
        let mut passed_on = self
            .client
            .request(
                request.method.clone(),
                format!("{behind}{}", request.target),
            )
            .body(request.wire.clone());
        for name in ["content-type", "content-encoding", "user-agent"] {
            if let Some(value) = request.header(name) {
                passed_on = passed_on.header(name, value);
            }
        }
        let answer = passed_on.send().await.map_err(|_| Hangup)?;
        let code = answer.status().as_u16();
        let headers: Vec<_> = ["content-type", "retry-after"]
            .into_iter()
            .filter_map(|name| {
                Some((
                    name.to_owned(),
                    answer.headers().get(name)?.to_str().ok()?.to_owned(),
                ))
            })
            .collect();
        let body = answer.text().await.map_err(|_| Hangup)?;
        Ok(status(code, &headers, &body))
    }
}

/// Makes closing the connection a reset instead of an orderly end.
fn reset(socket: &StdTcpStream) -> Hangup {
    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
    Hangup
}

fn status(code: u16, headers: &[(String, String)], body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_owned())));
    *response.status_mut() =
        hyper::StatusCode::from_u16(code).expect("a script names a status of three digits");
    for (name, value) in headers {
        response.headers_mut().insert(
            HeaderName::try_from(name.as_str()).expect("a script names a valid header"),
            HeaderValue::from_str(value).expect("a script gives a valid header value"),
        );
    }
    response
}

fn with_cors(
    mut response: Response<Full<Bytes>>,
    origin: Option<HeaderValue>,
) -> Response<Full<Bytes>> {
    let headers = response.headers_mut();
    let Some(origin) = origin else {
        return response;
    };
    headers.insert("access-control-allow-origin", origin);
    for (name, value) in [
        ("vary", "origin"),
        ("access-control-allow-methods", "POST"),
        (
            "access-control-allow-headers",
            "content-type, content-encoding",
        ),
        ("access-control-expose-headers", "retry-after"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Ignores poisoning, so that a panicking test does not prevent the server's answers.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
