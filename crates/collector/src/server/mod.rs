//! Runs the HTTP surface on a socket until it is told to stop.

mod activity;
mod alerts;
mod connections;
mod draining;
mod file_handles;
mod polled_again;
mod refusals;
mod retention;
mod termination;

use std::{
    fs::File,
    future::Future,
    io::{ErrorKind, Write},
    net::SocketAddr,
    os::{fd::AsFd, unix::fs::MetadataExt},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, http::Request};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tower::Layer;
use tower_http::normalize_path::NormalizePathLayer;

use crate::{
    config::Config,
    http::state::{App, OpenError},
    router::router,
};
use activity::{WatchedBody, WatchedStream};
use connections::{Connections, Place, WAITING_LIMIT};
use polled_again::polled_again;
use refusals::ExplainedRefusals;

pub use termination::termination;

/// Largest total size of the request line and headers.
const HEADER_BYTES: usize = 64 * 1024;
/// Time between two searches for clients that do not read their answers.
const SEARCH_INTERVAL: Duration = Duration::from_secs(5);
/// Pause after `accept` has failed, so that the loop does not spin until file descriptors are
/// free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);
/// Time between two log lines about failures of `accept`.
const ACCEPT_LOG_INTERVAL: Duration = Duration::from_secs(10);
/// How long responses may still take after the process was told to stop.
const SHUTDOWN_TIME_LIMIT: Duration = Duration::from_secs(20);

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The store cannot be opened.
    #[error("{0}")]
    Open(#[from] OpenError),
    /// The listener has no address.
    #[error("asking for our address: {0}")]
    Address(std::io::Error),
    /// The address cannot be printed.
    #[error("the address cannot be written to standard output: {0}")]
    Output(std::io::Error),
}

/// Serves until `shutdown` completes. Then finishes the requests that have begun, commits
/// everything that was accepted, and returns.
///
/// # Errors
/// When the database cannot be opened, the listener has no address, or standard output cannot be
/// written.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let most_connections = file_handles::raise_limit();
    let keep_raw = config.keep_raw.map(Duration::from);
    let app = App::open(config).await?;
    let store = Arc::clone(&app.store);
    let (checking, delivering) = (app.clone(), app.clone());
    let router = router(app);
    let address = listener.local_addr().map_err(ServeError::Address)?;
    if let Err(cause) = announce(address) {
        store.close().await;
        return Err(ServeError::Output(cause));
    }
    let connections = Arc::new(Connections::up_to(most_connections));
    let searching = tokio::spawn(close_stalled_forever(Arc::clone(&connections)));
    let pruning = keep_raw.map(|keep| tokio::spawn(retention::prune_forever(store.clone(), keep)));
    let alerting = [
        tokio::spawn(alerts::check_forever(checking)),
        tokio::spawn(alerts::deliver_forever(delivering)),
    ];
    accept(listener, &connections, router, shutdown).await;
    searching.abort();
    for task in alerting {
        task.abort();
    }
    if let Some(pruning) = pruning {
        pruning.abort();
    }
    store.close().await;
    tracing::info!("everything that was accepted is on disk");
    Ok(())
}

/// Prints the address as the first line of standard output, for programs that
/// start the collector. Nobody has to read it. Where standard output is closed or goes to
/// `/dev/null`, the log has the address.
///
/// # Errors
/// When standard output cannot be written, for example because the disk is full.
fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    let printed = writeln!(stdout, "listening on http://{address}").and_then(|()| stdout.flush());
    if is_discarded() {
        tracing::info!("listening on http://{address}");
    }
    match printed {
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Whether what is printed is discarded. A closed standard output counts: Rust opens `/dev/null` in
/// its place.
pub fn is_discarded() -> bool {
    let output = std::io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .map(File::from);
    let device = output.and_then(|output| Ok(output.metadata()?.rdev()));
    let null = std::fs::metadata("/dev/null").map(|null| null.rdev());
    matches!((device, null), (Ok(device), Ok(null)) if device == null)
}

async fn close_stalled_forever(connections: Arc<Connections>) {
    loop {
        tokio::time::sleep(SEARCH_INTERVAL).await;
        connections.close_stalled(Instant::now());
    }
}

async fn accept(
    listener: TcpListener,
    connections: &Connections,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    // Clients of the original API end every path with a slash.
    let router = NormalizePathLayer::trim_trailing_slash().layer(router);
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // A live client sends its headers within a second. The limit also closes
        // idle connections.
        .header_read_timeout(WAITING_LIMIT)
        .max_buf_size(HEADER_BYTES);
    let graceful = GracefulShutdown::new();
    let mut failures = AcceptFailures::default();
    tokio::pin!(shutdown);
    loop {
        let accepted = async {
            match listener.accept().await {
                // The slot is taken only after a connection has arrived, so that an idle
                // connection is closed only when another needs its slot.
                Ok((stream, _)) => Ok((stream, connections.place().await)),
                Err(cause) => Err(cause),
            }
        };
        let (stream, place) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => match accepted {
                Ok(accepted) => accepted,
                Err(cause) => {
                    failures.log(&cause);
                    connections.make_room();
                    // Open connections continue to be served, because each is a task of its
                    // own.
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(ACCEPT_PAUSE) => continue,
                    }
                }
            },
        };
        let activity = Arc::clone(&place.activity);
        let service = service.clone();
        let watched = service_fn(move |request: Request<Incoming>| {
            activity.set_working(true);
            let body = Arc::clone(&activity);
            let request = request.map(|incoming| WatchedBody::new(incoming, body));
            let (answer, activity) = (service.call(request), Arc::clone(&activity));
            async move {
                let answer = answer.await;
                activity.set_working(false);
                answer
            }
        });
        let stream = prepare(stream, &place);
        let connection = graceful.watch(http.serve_connection(stream, watched));
        tokio::spawn(polled_again(async move {
            tokio::select! {
                // A client that closes its connection early is not an error.
                _ = connection => {}
                () = place.activity.must_close() => {}
            }
        }));
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(SHUTDOWN_TIME_LIMIT) => {
            tracing::warn!("some clients did not take their answers in time");
        }
    }
}

/// Logs failures of `accept`: the first one, and then their number from time to time.
#[derive(Debug, Default)]
struct AcceptFailures {
    since_logged: u64,
    logged_at: Option<Instant>,
}

impl AcceptFailures {
    fn log(&mut self, cause: &std::io::Error) {
        self.since_logged += 1;
        let is_due = self
            .logged_at
            .is_none_or(|at| at.elapsed() >= ACCEPT_LOG_INTERVAL);
        if is_due {
            tracing::warn!(
                %cause,
                failures = self.since_logged,
                "a connection cannot be accepted; where file handles are short (EMFILE), raise \
                 the limit of the process, such as LimitNOFILE of systemd or `ulimit -n`"
            );
            self.logged_at = Some(Instant::now());
            self.since_logged = 0;
        }
    }
}

fn prepare(
    stream: TcpStream,
    place: &Place,
) -> TokioIo<ExplainedRefusals<WatchedStream<TcpStream>>> {
    // Each response is one small write, which waiting for a full packet would only delay.
    let _ = stream.set_nodelay(true);
    let stream = WatchedStream::new(stream, Arc::clone(&place.activity));
    TokioIo::new(ExplainedRefusals::new(stream))
}
