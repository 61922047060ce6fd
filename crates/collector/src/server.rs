//! Putting the HTTP surface on a socket, and taking it off again.

mod explained;

use std::{future::Future, io::Write, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::Layer;
use tower_http::normalize_path::NormalizePathLayer;

use crate::{
    app::{App, router},
    cli::CliError,
    config::Config,
    store::retention,
};
use explained::Explained;

/// A client that is alive sends its headers in a second. This also ends
/// connections on which nothing more is asked; browsers keep theirs a minute.
const HEADER_TIME_LIMIT: Duration = Duration::from_secs(75);
/// Room for the request line and headers together.
const HEADER_BYTES: usize = 64 * 1024;
/// Open connections. Each may hold a file handle and some KB; further ones wait
/// in the kernel's queue.
const CONNECTIONS: usize = 4096;
/// Answers that take longer are cut off when the process is told to end.
const SHUTDOWN_TIME_LIMIT: Duration = Duration::from_secs(20);

/// Serves until `shutdown` is done, then answers what was begun, commits what
/// was accepted, and returns.
///
/// # Errors
/// Where the database or the socket fails.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), CliError> {
    let keep_raw = config.keep_raw.map(Duration::from);
    let app = App::open(config)?;
    let store = Arc::clone(&app.store);
    let router = router(app)?;
    let address = listener.local_addr().map_err(|cause| CliError::Io {
        what: "asking for our address".into(),
        cause,
    })?;
    announce(address);
    let pruning = keep_raw.map(|keep| tokio::spawn(retention::prune_for_ever(store.clone(), keep)));
    accept(listener, router, shutdown).await;
    if let Some(pruning) = pruning {
        pruning.abort();
    }
    store.close().await;
    tracing::info!("everything that was accepted is on disk");
    Ok(())
}

/// The first line on standard output is for programs that started us.
fn announce(address: SocketAddr) {
    let mut stdout = std::io::stdout();
    let _ = writeln!(stdout, "listening on http://{address}");
    let _ = stdout.flush();
}

async fn accept(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    // Clients of the original write a slash behind every address.
    let router = NormalizePathLayer::trim_trailing_slash().layer(router);
    let service = TowerToHyperService::new(router);
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME_LIMIT)
        .max_buf_size(HEADER_BYTES);
    let graceful = GracefulShutdown::new();
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    tokio::pin!(shutdown);
    loop {
        let permit = Arc::clone(&free).acquire_owned();
        let accepted = async {
            let permit = permit.await.ok();
            (listener.accept().await, permit)
        };
        let (stream, permit) = tokio::select! {
            () = &mut shutdown => break,
            (Ok((stream, _)), permit) = accepted => (stream, permit),
            // Out of file handles, or the client is gone already: others are
            // served meanwhile, and the next try is not made at full speed.
            else => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        let stream = prepared(stream);
        let connection = graceful.watch(http.serve_connection(stream, service.clone()));
        tokio::spawn(async move {
            let _permit = permit;
            // A client that breaks off is no fault of ours.
            let _ = connection.await;
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(SHUTDOWN_TIME_LIMIT) => {
            tracing::warn!("some clients did not take their answers in time");
        }
    }
}

fn prepared(stream: TcpStream) -> TokioIo<Explained<TcpStream>> {
    // Answers are one small write each; waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    TokioIo::new(Explained::new(stream))
}

/// Done at SIGTERM or SIGINT.
///
/// # Errors
/// Where signals cannot be waited for.
pub fn termination() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
