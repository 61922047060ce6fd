//! Which side of a connection waits: the client for the collector, or the collector for the
//! client.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
};

use super::draining;

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Activity {
    opened: Instant,
    /// Time from `opened` to the last transfer of bytes, in ms.
    moved_at: AtomicU64,
    /// Whether the collector prepares an answer and needs nothing more from the client.
    is_working: AtomicBool,
    is_close_requested: AtomicBool,
    close_request: Notify,
}

impl Activity {
    pub(super) fn new() -> Self {
        Activity {
            opened: Instant::now(),
            moved_at: AtomicU64::new(0),
            is_working: AtomicBool::new(false),
            is_close_requested: AtomicBool::new(false),
            close_request: Notify::new(),
        }
    }

    /// Records that bytes were transferred.
    fn moved(&self) {
        let ms = self.opened.elapsed().as_millis();
        let ms = u64::try_from(ms).unwrap_or(u64::MAX);
        self.moved_at.store(ms, Ordering::Relaxed);
    }

    pub(super) fn set_working(&self, is_working: bool) {
        self.is_working.store(is_working, Ordering::Relaxed);
    }

    /// The time of the last transfer, if the collector waits for the client: for a request,
    /// for the rest of one, or for the client to read the answer.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        let moved_at = Duration::from_millis(self.moved_at.load(Ordering::Relaxed));
        (!self.is_working.load(Ordering::Relaxed)).then(|| self.opened + moved_at)
    }

    /// Asks the connection to close.
    pub(super) fn request_close(&self) {
        self.is_close_requested.store(true, Ordering::Relaxed);
        self.close_request.notify_one();
    }

    pub(super) fn is_close_requested(&self) -> bool {
        self.is_close_requested.load(Ordering::Relaxed)
    }

    /// Completes when the connection must close, because it was asked to and the collector
    /// still waits for the client.
    pub(super) async fn must_close(&self) {
        loop {
            self.close_request.notified().await;
            self.is_close_requested.store(false, Ordering::Relaxed);
            if self.waits_since().is_some() {
                return;
            }
        }
    }
}

/// A stream that records when bytes are transferred.
#[derive(Debug)]
pub(super) struct WatchedStream<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> WatchedStream<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        WatchedStream { stream, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if polled.is_ready() {
            self.activity.moved();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if polled.is_ready() {
            self.activity.moved();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A request body that records when its handler waits for the client. If the handler drops it
/// early, the rest is still read.
#[derive(Debug)]
pub(super) struct WatchedBody {
    /// `None` after it was dropped.
    body: Option<Incoming>,
    activity: Arc<Activity>,
}

impl WatchedBody {
    pub(super) fn new(body: Incoming, activity: Arc<Activity>) -> Self {
        WatchedBody {
            body: Some(body),
            activity,
        }
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(cx);
        self.activity.set_working(polled.is_ready());
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            draining::drain(body);
        }
    }
}
