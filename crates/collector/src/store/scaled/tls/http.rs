//! Connections to ClickHouse, over HTTP or HTTPS.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use hyper::{
    Uri,
    rt::{Read, ReadBufCursor, Write},
};
use hyper_util::{
    client::legacy::connect::{Connected, Connection, HttpConnector},
    rt::TokioIo,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::pki_types::ServerName};
use tower::Service;

use super::trust::connector;
use crate::store::scaled::{
    failure::Result,
    timeouts::{KEEPALIVE_INTERVAL, KEEPALIVE_RETRIES, UNREACHABLE_AFTER},
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Connects to a server.
#[derive(Clone)]
pub(in crate::store::scaled) struct Connector {
    http: HttpConnector,
    /// `None` for unencrypted connections.
    tls: Option<TlsConnector>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

impl Connector {
    /// `limit` is the time limit for connecting.
    pub(in crate::store::scaled) fn new(is_encrypted: bool, limit: Duration) -> Result<Self> {
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(limit));
        http.set_nodelay(true);
        http.set_keepalive(Some(UNREACHABLE_AFTER));
        http.set_keepalive_interval(Some(KEEPALIVE_INTERVAL));
        http.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        #[cfg(target_os = "linux")]
        http.set_tcp_user_timeout(Some(UNREACHABLE_AFTER));
        http.enforce_http(false);
        let tls = if is_encrypted {
            Some(connector()?)
        } else {
            None
        };
        Ok(Connector { http, tls })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        self.http.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let tls = self.tls.clone();
        let host = uri.host().unwrap_or_default();
        // An IPv6 address has brackets around it.
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let connecting = self.http.call(uri);
        Box::pin(async move {
            let stream = connecting.await?;
            let Some(tls) = tls else {
                return Ok(Stream::Plain(stream));
            };
            let encrypted = tls
                .connect(ServerName::try_from(host)?, stream.into_inner())
                .await?;
            Ok(Stream::Encrypted(Box::new(TokioIo::new(encrypted))))
        })
    }
}

/// A connection, encrypted or not.
pub(in crate::store::scaled) enum Stream {
    Plain(TokioIo<TcpStream>),
    Encrypted(Box<TokioIo<TlsStream<TcpStream>>>),
}

/// Forwards a call to the connection of either kind.
macro_rules! pass {
    ($stream:expr, $io:ident => $call:expr) => {
        match $stream.get_mut() {
            Stream::Plain(io) => {
                let $io = Pin::new(io);
                $call
            }
            Stream::Encrypted(io) => {
                let $io = Pin::new(io.as_mut());
                $call
            }
        }
    };
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        pass!(self, io => io.poll_read(cx, buf))
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        pass!(self, io => io.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pass!(self, io => io.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pass!(self, io => io.poll_shutdown(cx))
    }
}
